import type { Page } from "playwright-core";
import type { Server } from "../server.ts";
import type { Browser } from "./browser.ts";

/** Rows that are links, not places for them. */
export const realRow = ".rows .row:not(.skeleton)";

/** Sets the password of the first start and goes in. */
export async function goIn(browser: Browser, server: Server): Promise<void> {
  const { page } = browser;
  await page.goto(/http:\S+\/dashboard\/setup#\w+/.exec(server.output())?.[0] ?? "");
  await page.getByLabel("Name").fill("ana");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Set it and go in" }).click();
  await page.getByLabel("What to shorten").waitFor();
}

export interface Scrolled {
  /** The row that was reached; rows in the document at most; seconds; how many pictures showed a place where a link belongs. */
  readonly row: number;
  readonly rows: number;
  readonly seconds: number;
  readonly frames: number;
  readonly waiting: number;
}

/** Scrolls the list down, `step` rows a picture and no faster than it is loaded, until `row` is in sight or `most` ms are over. */
export async function scrollTo(page: Page, row: number, step: number, most: number): Promise<Scrolled> {
  return (await page.evaluate(`(async () => {
    const [target, step, most] = [${row}, ${step}, ${most}];
    const began = performance.now();
    const height = matchMedia("(max-width: 599px)").matches ? 64 : 44;
    let [reached, rows, frames, waiting] = [0, 0, 0, 0];
    const picture = () => new Promise(requestAnimationFrame);
    while (performance.now() - began < most) {
      await picture();
      frames++;
      const shown = document.querySelectorAll(".rows .row");
      rows = Math.max(rows, shown.length);
      if (document.querySelector(".rows .row.skeleton") !== null) waiting++;
      reached = Math.max(reached, ...[...shown].map((one) => one.matches(".skeleton") ? 0 : one.getAttribute("aria-rowindex") - 2));
      if (reached >= target) break;
      scrollBy(0, step * height);
    }
    return { row: reached, rows, seconds: (performance.now() - began) / 1000, frames, waiting };
  })()`)) as Scrolled;
}

export interface Weight {
  /** Of the page's scripts, after their rubbish was collected; in MB. */
  readonly heap: number;
  readonly nodes: number;
}

/** What the page takes of the browser. */
export async function weigh(page: Page): Promise<Weight> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  await session.detach();
  const of = (name: string) => metrics.find((one) => one.name === name)?.value ?? 0;
  return { heap: of("JSHeapUsedSize") / 1e6, nodes: of("Nodes") };
}

/** Waits until an expression is true in the page, and looks at each picture. The policy forbids Playwright's own way. */
async function seen(page: Page, expression: string): Promise<void> {
  const there = await page.evaluate(`(async () => {
    const until = performance.now() + 30_000;
    while (!(${expression}) && performance.now() < until) await new Promise(requestAnimationFrame);
    return Boolean(${expression});
  })()`);
  if (there !== true) throw new Error(`Never seen: ${expression}`);
}

/** How long the page takes until what was asked for is there and answers to a key, in ms: the times of each round. */
export type Waits = Record<"list" | "search" | "link" | "fromList", number[]>;

/** Opens the list, searches it, and opens links, over and over. `words`: what is searched for, and what must then be in the first row. */
export async function waits(
  browser: Browser,
  origin: string,
  words: readonly string[],
  rounds: number,
): Promise<Waits> {
  const { page } = browser;
  const all: Waits = { list: [], search: [], link: [], fromList: [] };
  const timed = async (
    what: keyof Waits,
    start: () => Promise<unknown>,
    there: string,
    keys: string[],
    then: string,
  ) => {
    const began = performance.now();
    await start();
    await seen(page, there);
    for (const key of keys) await page.keyboard.press(key);
    await seen(page, then);
    all[what].push(performance.now() - began);
  };
  const rowsThere = `document.querySelector(${JSON.stringify(realRow)}) !== null`;
  const atRow = 'document.querySelector(".row.cursor") !== null';
  const figures =
    'document.querySelector(".figure .value")?.textContent.length > 0 && document.querySelector(".chart path") !== null';
  const menu = 'document.querySelector("[role=dialog]") !== null';
  for (let round = 0; round < rounds; round++) {
    await timed(
      "list",
      () => page.goto(`${origin}/dashboard`, { waitUntil: "commit" }),
      rowsThere,
      ["Escape", "j"],
      atRow,
    );
    for (const word of words) {
      const found = `document.querySelector(${JSON.stringify(realRow)})?.textContent.includes(${JSON.stringify(word.split(" ").at(-1))})
        && new URLSearchParams(location.search).get("search") === ${JSON.stringify(word)} && document.querySelector(".rows").ariaBusy !== "true"`;
      await page.goto(`${origin}/dashboard`);
      await page.locator(realRow).first().waitFor();
      await page.keyboard.press("Escape");
      await page.keyboard.press("/");
      await page.keyboard.type(word.slice(0, -1));
      await timed("search", () => page.keyboard.type(word.slice(-1)), found, ["ArrowDown", "j"], atRow);
    }
    await page.goto(`${origin}/dashboard`);
    const link = page.locator(`${realRow} .to`).nth(round);
    const address = (await link.getAttribute("href")) ?? "";
    await timed("fromList", () => link.click(), figures, ["?"], menu);
    await timed("link", () => page.goto(origin + address, { waitUntil: "commit" }), figures, ["?"], menu);
  }
  return all;
}
