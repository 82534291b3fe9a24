/**
 * The path of somebody who has never seen Curt: clone, `npm start`, the link that it prints, a password, a long address pasted, and
 * the short one on the clipboard, which redirects. Timed, with what had to be clicked and typed and how many words stood on the way.
 *   npm run proof -- first
 * The clone is of this repository as it was committed; npm fetches what it has not kept from earlier.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lifeline } from "../../deploy/processes/lifeline.ts";
import { Browser, looks } from "../dashboard/browser.ts";
import { freePort, plainEnvironment } from "../server.ts";

const root = join(import.meta.dir, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "curt-first-"));
const clone = join(folder, "curt");
const port = freePort();
const origin = `http://localhost:${port}`;
const long = "https://example.com/a/long/way/down?utm_source=newsletter&utm_medium=mail&utm_campaign=spring";
const words = (text: string) => text.split(/\s+/).filter((word) => /[\p{L}\d]/u.test(word)).length;
const seconds = (from: number, to = performance.now()) => `${((to - from) / 1000).toFixed(1)} s`;
const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];

try {
  const began = performance.now();
  if (Bun.spawnSync(["git", "clone", "--quiet", root, clone]).exitCode !== 0)
    throw new Error("It could not be cloned.");
  const cloned = performance.now();
  const server = Bun.spawn(["npm", "start"], {
    cwd: clone,
    env: { ...plainEnvironment(), CURT_PORT: `${port}` },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const forget = lifeline('kill -s KILL -- "-$1"', [`${server.pid}`]);
  ends.push(async () => {
    process.kill(-server.pid, "SIGTERM");
    await server.exited;
    forget();
  });
  let said = "";
  const link = await new Promise<string>((resolve, reject) => {
    const read = async (from: ReadableStream<Uint8Array>) => {
      for await (const part of from) {
        said += new TextDecoder().decode(part);
        const found = /http:\S+\/dashboard\/setup#\w+/.exec(said)?.[0];
        if (found !== undefined) resolve(found);
      }
    };
    void read(server.stdout);
    void read(server.stderr);
    void server.exited.then((code) => reject(new Error(`npm start ended with ${code}:\n${said}`)));
  });
  const started = performance.now();

  const browser = await Browser.open(looks.desktopLight, origin);
  ends.push(() => browser.close());
  const { page } = browser;
  const { keyboard } = page;
  const shown = async () => words(String(await page.evaluate("document.body.innerText")));
  const read: number[] = [];
  const ready = performance.now();
  await page.goto(link);
  await page.getByRole("button", { name: "Set it and go in" }).waitFor();
  read.push(await shown());
  await keyboard.type("ana");
  await keyboard.press("Tab");
  await keyboard.type("correct horse battery");
  await keyboard.press("Enter");
  await page.getByText("Nothing yet").waitFor();
  read.push(await shown());
  await keyboard.insertText(long);
  await keyboard.press("Enter");
  await page.getByText("On your clipboard.").waitFor();
  const made = performance.now();
  const short = String(await page.evaluate("navigator.clipboard.readText()"));
  const answer = await fetch(short, { redirect: "manual" });
  if (answer.headers.get("location") !== long) throw new Error(`${short} leads to ${answer.headers.get("location")}.`);

  const text = said.trim();
  console.log(
    `clone ${seconds(began, cloned)}, npm start to the printed link ${seconds(cloned, started)} (npm ci included)`,
  );
  console.log(
    `the link opened to the first short link on the clipboard ${seconds(ready, made)}, by a hand that does not hesitate`,
  );
  console.log(
    "2 commands (git clone, npm start); 1 click (the printed link); typed: a name and a password, Tab, Enter; then paste, Enter",
  );
  console.log(
    `words that stood on the way: ${words(text)} in the terminal, ${read[0]} on the first page, ${read[1]} on the second`,
  );
  console.log(
    `${long.length} characters in, ${short.length} out, and ${answer.status} leads back; from nothing: ${seconds(began, made)}`,
  );
  if (browser.trouble.length > 0) throw new Error(browser.trouble.join("\n"));
} finally {
  for (const end of ends.reverse()) await end();
}
