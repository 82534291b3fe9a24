/**
 * The dashboard over very many links: how long the list, a search and a link's page take until they are there and answer to a
 * key; what scrolling asks of the browser, by its own trace; and whether its memory stays bounded.
 *   npm run proof -- page [--links 10000000] [--clicks 10000000] [--rows 100000] [--step 20] [--rounds 5]
 * Fails when something takes 1 s or longer, a task of the main thread took over 50 ms of the processor, or the page's memory
 * grew by more than 16 MB. The links are made once (`.cache/bench`), which takes minutes.
 */
import { parseArgs } from "node:util";
import { ask } from "../client.ts";
import { Browser, looks } from "../dashboard/browser.ts";
import { goIn, scrollTo, waits, weigh } from "../dashboard/long-list.ts";
import { manyLinks } from "../dashboard/many.ts";
import { type Task, Trace } from "../dashboard/trace.ts";
import { startServer } from "../server.ts";

const text = { type: "string" } as const;
const { values } = parseArgs({ options: { links: text, clicks: text, rows: text, step: text, rounds: text } });
const number = (name: keyof typeof values, usual: number) => Number(values[name] ?? usual);
const [links, clicks] = [number("links", 10_000_000), number("clicks", 10_000_000)];
/** Rows scrolled in one trace: a longer one would take gigabytes to read. */
const atOnce = 10_000;
const wrong: string[] = [];
const check = (what: string, fine: boolean) => {
  console.log(`${fine ? "as promised" : "NOT as promised"}: ${what}`);
  if (!fine) wrong.push(what);
};

const ends: (() => unknown)[] = [];
try {
  const later = (end: () => unknown) => ends.push(end);
  const dataDir = await manyLinks(links, clicks, { say: (line) => console.log(line), later });
  const server = await startServer({ dataDir, args: ["--workers", "2"], startLimit: 60_000 });
  later(() => server.stop());
  const origin = server.url.replace("127.0.0.1", "localhost");
  const browser = await Browser.open(looks.desktopLight, origin);
  later(() => browser.close());
  await goIn(browser, server);
  const opened = performance.now();

  const some = Math.floor(links / 2) + 4711;
  const words = ["article", `article ${some}`, `${some}`, "utm_source"];
  for (const [what, times] of Object.entries(await waits(browser, origin, words, number("rounds", 5)))) {
    const sorted = times.sort((a, b) => a - b);
    const [median, most] = [sorted[Math.floor(sorted.length / 2)] ?? 0, sorted.at(-1) ?? 0];
    check(
      `${what}: there and answering after ${median.toFixed(0)} ms, at most ${most.toFixed(0)} (${times.length})`,
      most < 1000,
    );
  }

  await browser.page.goto(`${origin}/dashboard`);
  const before = await weigh(browser.page);
  const tasks: Task[] = [];
  const longest: string[] = [];
  const rows = number("rows", 100_000);
  let seconds = 0;
  for (let row = atOnce; row <= rows; row += atOnce) {
    const trace = await Trace.start(browser.page);
    const scrolled = await scrollTo(browser.page, row - 1, number("step", 20), 300_000);
    const ended = await trace.end();
    tasks.push(...ended.tasks);
    longest.push(...ended.longest);
    seconds += scrolled.seconds;
    const { heap, nodes } = await weigh(browser.page);
    console.log(
      `to row ${scrolled.row + 1}: ${scrolled.frames} pictures in ${scrolled.seconds.toFixed(0)} s, ${scrolled.waiting} with a place ` +
        `for a link; ${scrolled.rows} rows and ${nodes} nodes in the document, ${heap.toFixed(1)} MB`,
    );
    if (scrolled.row < row - 1) throw new Error(`Row ${row} was not reached.`);
  }
  const over = (of: keyof Task) => tasks.filter((task) => task[of] > 50).length;
  const most = (of: keyof Task) => Math.max(...tasks.map((task) => task[of])).toFixed(1);
  for (const line of longest.sort((a, b) => Number.parseFloat(b) - Number.parseFloat(a)).slice(0, 5))
    console.log(`  ${line}`);
  console.log(`${over("took")} of ${tasks.length} tasks over 50 ms by the clock, the longest ${most("took")} ms`);
  check(
    `${rows} rows in ${seconds.toFixed(0)} s: ${over("cpu")} tasks over 50 ms of the processor, the most ${most("cpu")} ms`,
    over("cpu") === 0,
  );
  const after = await weigh(browser.page);
  check(
    `memory of the page: ${before.heap.toFixed(1)} MB before, ${after.heap.toFixed(1)} MB after`,
    after.heap < before.heap + 16,
  );
  check(`nothing went wrong in the browser ${browser.trouble.slice(0, 3).join("; ")}`, browser.trouble.length === 0);

  // The list asked for the numbers of links by state and the most used ones; they are counted beside all of the above.
  const counts = async () =>
    (await ask<{ total: number | null; top: unknown[] | null }>(server, "GET", "/api/v1/counts")).body;
  let counted = await counts();
  for (; counted.total === null && performance.now() - opened < 600_000; counted = await counts()) await Bun.sleep(500);
  const took = ((performance.now() - opened) / 1000).toFixed(0);
  console.log(
    `${counted.total} links counted, with the ${counted.top?.length} most used, at most ${took} s after they were asked for`,
  );
} finally {
  for (const end of ends.reverse()) await end();
}
process.exitCode = wrong.length === 0 ? 0 : 1;
