import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SlugFilter } from "../../../core/slug-filter.ts";
import { mapped, slugFolder } from "./files.ts";
import { KnownSlugs } from "./known-slugs.ts";
import { SlugMarks } from "./slug-marks.ts";

let folder: string;
let path: string;
/** What stands in the store. */
let stored: string[];
let scans: (() => void)[];
let warned: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "curt-slugs-"));
  path = join(folder, "curt.sqlite");
  [stored, scans, warned] = [["old"], [], []];
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Its scans go on when the test lets them. */
function marksOf(deaf = false): SlugMarks {
  return new SlugMarks({
    path,
    count: () => stored.length,
    scan: async (file) => {
      await new Promise<void>((go) => scans.push(go));
      const filter = new SlugFilter(mapped(file));
      for (const key of stored) filter.add(key);
    },
    log: { warn: (message) => warned.push(message) },
    deaf,
  });
}

async function letScan(number: number): Promise<void> {
  scans[number]?.();
  await Bun.sleep(1);
}

test("nothing is said to be absent before the store was looked through, and then only what is", async () => {
  const known = new KnownSlugs(path);
  const marks = marksOf();
  expect(new KnownSlugs(path).isAbsent("other")).toBe(false);
  marks.renew();
  marks.mark("made-meanwhile");
  expect(known.isAbsent("other")).toBe(false);
  await letScan(0);
  expect(["old", "made-meanwhile", "other"].map((key) => known.isAbsent(key))).toEqual([false, false, true]);
  marks.mark("made-later");
  expect(known.isAbsent("made-later")).toBe(false);
  marks.end();
  expect(known.isAbsent("other")).toBe(false);
});

test("many new slugs bring the next generation, and none is lost on the way", async () => {
  const known = new KnownSlugs(path);
  const marks = marksOf();
  marks.renew();
  await letScan(0);
  for (let i = 0; i < 70_000; i++) marks.mark(`new${i}`);
  expect(scans.length).toBe(2);
  marks.mark("last");
  await letScan(1);
  marks.mark("after");
  // What was marked before the second look began stands in the store, for that was committed.
  expect(known.isAbsent("last") || known.isAbsent("after") || known.isAbsent("old")).toBe(false);
  expect(known.isAbsent("new1")).toBe(true);
  expect(readdirSync(slugFolder(path)).sort()).toEqual(["2.base", "2.recent", "state"]);
});

test("a worker of a main that was killed believes nothing of before when the next one starts", async () => {
  const known = new KnownSlugs(path);
  const first = marksOf();
  first.renew();
  await letScan(0);
  expect(known.isAbsent("later")).toBe(true);
  const second = marksOf();
  expect(known.isAbsent("later")).toBe(false);
  stored.push("later");
  second.renew();
  await letScan(1);
  expect([known.isAbsent("later"), known.isAbsent("other")]).toEqual([false, true]);
});

test("a look that fails is said once, and nothing is absent", async () => {
  const known = new KnownSlugs(path);
  const marks = new SlugMarks({
    path,
    count: () => 1,
    scan: () => Promise.reject(new Error("killed")),
    log: { warn: (message) => warned.push(message) },
  });
  marks.renew();
  await Bun.sleep(1);
  marks.renew();
  await Bun.sleep(1);
  expect(warned.length).toBe(1);
  expect(known.isAbsent("other")).toBe(false);
});

test("mutant: new slugs that are not marked seem absent", async () => {
  const known = new KnownSlugs(path);
  const marks = marksOf(true);
  marks.renew();
  await letScan(0);
  marks.mark("made");
  expect(known.isAbsent("made")).toBe(true);
});
