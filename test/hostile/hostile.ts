import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask, type LinkBody } from "../client.ts";
import { curt } from "../command.ts";
import { Browser, looks } from "../dashboard/browser.ts";
import { goIn } from "../dashboard/long-list.ts";
import { type Server, startServer } from "../server.ts";
import { damagedLinks } from "./damaged.ts";
import { brokenLines, commandsIn, formulasOf } from "./files.ts";
import { everyPage, Looker } from "./look.ts";
import { importFile, sendFields, sendHeaders, slugOf } from "./send.ts";

export interface HostileResult {
  readonly links: number;
  readonly pages: number;
  /** Answers from 500 on, and those that were split. */
  readonly wrong: string[];
  /** Dialogs, reports of a broken policy, errors, and elements that text became. */
  readonly trouble: string[];
  readonly formulas: string[];
  /** Events of the log that carry what others wrote, and its lines about them. */
  readonly events: number;
  readonly lines: number;
  readonly brokenLines: string[];
  /** Characters in the output of commands that a terminal would obey. */
  readonly commands: string[];
}

/** Breaks what keeps text text, from outside: the escapes of visitors' pages are undone, and `all`: their policy taken away. */
export type HostileMutant = "unescaped" | "unescaped-all";

/**
 * Puts strings through every field, header and column, opens every page in Chromium, and reads what comes out as files.
 * `every`: of so many strings, pages are opened for one.
 * `mutant`: only visitors' pages are opened, with their escapes undone on the way.
 */
export async function hostile(
  strings: readonly string[],
  log: (line: string) => void = () => {},
  every = 1,
  mutant?: HostileMutant,
): Promise<HostileResult> {
  const folder = mkdtempSync(join(tmpdir(), "curt-hostile-"));
  const server = await startServer({ args: ["--workers", "1", "--log", "debug", "--public-create", "true"] });
  const origin = server.url.replace("127.0.0.1", "localhost");
  const browser = await Browser.open(looks.desktopLight, origin);
  try {
    if (mutant === undefined) await goIn(browser, server);
    const { made, wrong } = await sendFields(server, strings);
    log(`${made} of ${strings.length} links made`);
    const look = new Looker(browser.page, origin);
    if (mutant !== undefined) {
      await undoEscapes(browser, mutant);
      for (const text of strings) await look.load(`/${encodeURIComponent(text.toWellFormed().slice(0, 100))}`);
    } else {
      wrong.push(...(await sendHeaders(server, strings)));
      await importPage(browser, origin, join(folder, "in.csv"), importFile(strings));
      await everyPage(look, browser.page, strings, every);
      await look.load("/dashboard");
      for (const [i] of strings.slice(0, 40).entries()) await shownAsText(look, server, slugOf(i));
      await look.createForm(strings.slice(0, 8));
      log(`${look.pages} pages opened`);
    }
    const files = mutant === undefined ? await filesOf(server, browser, origin, folder, strings) : nothing;
    const output = server.output();
    const logged = mutant === undefined ? await damagedLinks(server, strings) : { events: 0, lines: 0, broken: [] };
    return {
      links: made,
      pages: look.pages,
      wrong,
      trouble: [...browser.trouble, ...look.found],
      formulas: files.formulas,
      events: logged.events,
      lines: logged.lines,
      // What the first start says to a person is no event.
      brokenLines: [...brokenLines(output).filter((line) => !isGreeting(line)), ...logged.broken],
      commands: files.commands,
    };
  } finally {
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

const nothing = { formulas: [] as string[], commands: [] as string[] };

function isGreeting(line: string): boolean {
  return /^(?:Curt on |The admin key |The dashboard |Dashboard: |http:)/.test(line.trim());
}

async function shownAsText(look: Looker, server: Server, slug: string): Promise<void> {
  const { status, body } = await ask<LinkBody & { note: string | null }>(server, "GET", `/api/v1/links/${slug}`);
  if (status !== 200) return;
  await look.go(`/dashboard/links/${slug}`);
  for (const text of [body.title, body.note]) if (text !== null && text.trim() === text) await look.expectText(text);
}

/** Drops the file onto the import page, with its preview, its import and its report. */
async function importPage({ page }: Browser, origin: string, path: string, csv: string): Promise<void> {
  writeFileSync(path, csv);
  await page.goto(`${origin}/dashboard/import`);
  await page.locator("input[type=file]").setInputFiles(path);
  await page.getByRole("button", { name: /^Import [\d,]+ links/ }).click();
  await page.getByText(/\d in, [\d,]+ out\./).waitFor({ timeout: 120_000 });
}

/** What the page, the command and the API hand out as files, and what commands print. */
async function filesOf(server: Server, { page }: Browser, origin: string, folder: string, strings: readonly string[]) {
  const env = { CURT_SERVER: server.url, CURT_KEY: server.key };
  const saved = join(folder, "page.csv");
  await page.goto(`${origin}/dashboard/import`);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export all links" }).click();
  await (await download).saveAs(saved);
  const csvs = [readFileSync(saved, "utf8")];
  const get = async (path: string) => {
    const answer = await fetch(server.url + path, { headers: { authorization: `Bearer ${server.key}` } });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${text}`);
    return text;
  };
  for (const by of ["referrer", "browser", "language", "utm_source", "utm_campaign"])
    csvs.push(await get(`/api/v1/clicks?by=${by}&format=csv`));
  for (const [i] of strings.slice(0, 60).entries())
    csvs.push(await get(`/api/v1/links/${slugOf(i)}/events?format=csv`));
  const outputs: string[] = [];
  for (const args of [["list"], ["get", slugOf(0)], ["stats", slugOf(1)], ["list", "--json"], ["key", "list"]]) {
    const { out, err } = await curt(args, env);
    outputs.push(out, err);
  }
  const path = join(folder, "command.csv");
  writeFileSync(path, importFile(strings).replaceAll("in-", "cli-"));
  const run = await curt(["import", path], env);
  outputs.push(run.out, run.err);
  return { formulas: csvs.flatMap(formulasOf), commands: outputs.flatMap(commandsIn) };
}

async function undoEscapes({ page }: Browser, mutant: HostileMutant): Promise<void> {
  const back: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
  await page.route("**/*", async (route) => {
    const answer = await route.fetch();
    const body = (await answer.text()).replace(/&(?:amp|lt|gt|quot|#39);/g, (one) => back[one] ?? one);
    const { "content-security-policy": policy, "content-length": _, ...headers } = answer.headers();
    const kept = mutant === "unescaped" && policy !== undefined ? { "content-security-policy": policy } : {};
    await route.fulfill({ status: answer.status(), headers: { ...headers, ...kept }, body });
  });
}
