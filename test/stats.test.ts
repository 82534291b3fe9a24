/** `curt stats`, as a process of its own, against a server whose clicks are known. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { clickIdOf, dimensions } from "../src/core/click.ts";
import { curt, program } from "./command.ts";
import { startParts } from "./http/parts.ts";
import { plainEnvironment } from "./server.ts";

const day = 86_400_000;
const { store, server, url, links, ask } = startParts();
const env = { CURT_SERVER: url, CURT_KEY: "an-admin-key-of-tests" };
afterAll(() => server.drain());

let number = 0;
async function count(slug: string | null, daysAgo: number, clicks: number, country = "", bot = ""): Promise<void> {
  const link = slug === null ? null : clickIdOf(await links.get(slug));
  const values = dimensions.map((name) => (name === "country" ? country : name === "bot" ? bot : ""));
  const hour = Math.floor((Date.now() - daysAgo * day) / 3_600_000);
  const visitors = bot === "" ? Array.from({ length: clicks }, (_, i) => Number(Bun.hash.wyhash(`${i}`) >> 12n)) : [];
  await store.clicks.add({
    ...{ writer: "node", number: ++number, position: "", visits: [] },
    tallies: [{ link, tags: ["x"], hour, values, clicks, visitors }],
  });
}

beforeAll(async () => {
  for (const slug of ["a", "b"]) await ask("POST", "/api/v1/links", { url: "https://example.com/", slug });
  await count("a", 0, 8, "DE");
  await count("a", 3, 4, "FR");
  await count("a", 10, 2, "\u001b[31mX");
  await count("a", 0, 5, "", "Googlebot");
  await count("b", 0, 1, "AT");
  await count(null, 0, 6);
});

/** On a terminal of 80 columns, as `script` makes one. */
async function onTerminal(args: string[]): Promise<string> {
  const words = ["sh", program, ...args].join(" ");
  const child = Bun.spawn(["script", "-qec", `stty cols 80; ${words}`, "/dev/null"], {
    env: { ...plainEnvironment(), ...env, NO_COLOR: "1", TERM: "xterm" },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 30_000,
  });
  return (await child.stdout.text()).replaceAll("\r\n", "\n");
}

describe("curt stats", () => {
  test("in a pipe gives a line for each step, or for each value", async () => {
    const { out, err, code } = await curt(["stats", "a"], env);
    expect([err, code]).toEqual(["", 0]);
    const rows = out
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"));
    expect(rows.map((row) => row.slice(1))).toEqual([
      ["2", "2"],
      ["4", "4"],
      ["8", "8"],
    ]);
    const groups = (await curt(["stats", "a", "--by", "country", "--from", "5d"], env)).out;
    expect(groups).toBe("DE\t8\nFR\t4\n");
    expect((await curt(["stats", "a", "--by", "country"], env)).out).not.toContain("\u001b");
  });

  test("with --json gives what the API answers, of all, of a tag, of unknown slugs", async () => {
    const total = async (...args: string[]) => JSON.parse((await curt(["stats", "--json", ...args], env)).out).total;
    expect(await total()).toBe(15);
    expect(await total("--tag", "x")).toBe(15);
    expect(await total("--unknown")).toBe(6);
    const today = new Date().toISOString().slice(0, 10);
    const of = JSON.parse((await curt(["stats", "a", "--json", "--from", today, "--unit", "hour", "--bots"], env)).out);
    expect(of).toMatchObject({ unit: "hour", bots: 5 });
    expect(of.series.reduce((sum: number, one: { clicks: number }) => sum + one.clicks, 0)).toBe(13);
  });

  test("on a terminal draws a chart that fits", async () => {
    const shown = await onTerminal(["stats", "a", "--by", "country"]);
    expect(shown).toContain("/a: 14 clicks, about 14 visitors, and 5 bots");
    expect(shown).toContain("█");
    expect(shown).toMatch(/\d{4}-\d{2}-\d{2} to \d{4}-\d{2}-\d{2}, by day/);
    expect(shown).toMatch(/^8 █+ +DE$/m);
    for (const line of shown.split("\n")) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(80);
    const none = await onTerminal(["stats", "--tag", "nobody"]);
    expect(none).toContain("0 clicks, about 0 visitors, and 0 bots");
  });

  test("wrong words are wrong usage, and a slug that nobody has is an error", async () => {
    for (const args of [
      ["a", "--from", "yesterday"],
      ["a", "--unit", "year"],
      ["a", "--by", "shoe"],
      ["a", "--tag", "x"],
      ["--live", "--by", "country"],
    ]) {
      const { code, out, err } = await curt(["stats", ...args], env);
      expect([args, code, out, err.split("\n").length]).toEqual([args, 2, "", 2]);
    }
    expect(await curt(["stats", "nobody"], env)).toMatchObject({
      code: 1,
      out: "",
      err: "curt: not_found: Nothing is called /nobody.\n",
    });
    expect((await curt(["stats", "nobody", "--live"], env)).code).toBe(1);
    expect((await curt(["stats", "a", "--from", "2d", "--to", "3d"], env)).err).toContain("ends before it starts");
  });

  test("--live tells what comes, until Ctrl-C", async () => {
    const child = Bun.spawn(["sh", program, "stats", "b", "--live", "--json"], {
      env: { ...plainEnvironment(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 60_000,
    });
    let out = "";
    const read = (async () => {
      for await (const piece of child.stdout) out += new TextDecoder().decode(piece);
    })();
    const until = async (lines: number) => {
      for (let i = 0; i < 2000 && out.split("\n").length <= lines; i++) await Bun.sleep(10);
    };
    await until(1);
    await count("b", 0, 3);
    await until(2);
    child.kill("SIGINT");
    await read;
    expect([await child.exited, await child.stderr.text()]).toEqual([130, ""]);
    const events = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    // A minute later what was just now is no more, which is an event too.
    const counted = events.filter((event, i) => i === 0 || event.added > 0);
    expect(counted.map((event) => [event.total, event.added])).toEqual([
      [1, 0],
      [4, 3],
    ]);
  }, 90_000);
});
