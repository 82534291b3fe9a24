import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { plainEnvironment } from "../test/server.ts";
import type { Bench } from "./scenario.ts";

const root = join(import.meta.dir, "..");
/** Link collections are made once; a folder of another version of this number is not used. */
const version = 1;
const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
const width = 7;
const places = alphabet.length ** width;
/** Links of one call of `curt import`, so that a collection that was cut off can go on. */
const part = 500_000;

/** The slug of link `index` (below 2^24): seven characters in no visible order, no two alike, lower-case as nginx's map wants. */
export function slugAt(index: number): string {
  let rest = (index * 387_420_489 + 20_151_121) % places;
  let slug = "";
  for (let i = 0; i < width; i++) {
    slug += alphabet[rest % alphabet.length];
    rest = Math.floor(rest / alphabet.length);
  }
  return slug;
}

export function targetAt(index: number): string {
  return `https://www.example.com/articles/${index}/how-long-addresses-are?utm_source=curt`;
}

/** A data folder of Curt with so many links: a copy, removed at the scenario's end. */
export async function dataFolder(count: number, { say, later }: Pick<Bench, "say" | "later">): Promise<string> {
  const kept = await collection(count, say);
  const copy = join(tmpdir(), `curt-bench-${process.pid}-${count}-${crypto.randomUUID().slice(0, 8)}`);
  later(() => rmSync(copy, { recursive: true, force: true }));
  cpSync(kept, copy, { recursive: true, mode: 2 });
  return copy;
}

/** Where the collection of `count` links is kept; imports what is missing. Nothing may be changed there. */
export async function collection(count: number, say: (text: string) => void): Promise<string> {
  const cache = join(root, ".cache", "bench");
  const folder = join(cache, `links-${version}-${count}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  // Its name tells how far it got.
  let have = 0;
  const growing = (size: number) => join(cache, `growing-${version}-${count}-${size}`);
  for (let size = part; size < count; size += part) if (existsSync(growing(size))) have = size;
  if (have === 0) rmSync(growing(0), { recursive: true, force: true });
  while (have < count) {
    const next = Math.min(count, have + part);
    say(`importing links ${have.toLocaleString("en")} to ${next.toLocaleString("en")}, once`);
    await importLinks(growing(have), have, next);
    renameSync(growing(have), next === count ? folder : growing(next));
    have = next;
  }
  return folder;
}

/** Runs `curt import` over links `from` up to `to`, and gives the seconds that it took. */
export async function importLinks(data: string, from: number, to: number): Promise<number> {
  const file = join(tmpdir(), `curt-bench-${process.pid}-${from}.csv`);
  try {
    const lines = ["slug,url,title"];
    for (let i = from; i < to; i++) lines.push(`${slugAt(i)},${targetAt(i)},Article ${i} about addresses`);
    writeFileSync(file, `${lines.join("\n")}\n`);
    const started = performance.now();
    const child = Bun.spawn(["sh", join(root, "bin", "curt"), "import", file, "--data", data], {
      env: plainEnvironment(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    const trouble = await new Response(child.stderr).text();
    if ((await child.exited) !== 0) throw new Error(`The import failed: ${trouble.slice(-500)}`);
    return (performance.now() - started) / 1000;
  } finally {
    rmSync(file, { force: true });
  }
}

export type Law = "uniform" | "zipf";

/**
 * A file of slugs as visitors ask for them. `uniform`: each of `count` links once, in no order (of more than four
 * million, so many of them); `zipf`: the n-th best known link n times less often than the first.
 */
export function requests(count: number, law: Law, { later }: Bench): { file: string; width: number } {
  const file = join(tmpdir(), `curt-bench-${process.pid}-${law}-${count}`);
  const chance = dice(count);
  const length = Math.min(Math.max(count, 1 << 20), 1 << 22);
  const slugs = new Array<string>(length);
  if (law === "uniform") {
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const other = Math.floor(chance() * (i + 1));
      [order[i], order[other]] = [order[other] ?? 0, order[i] ?? 0];
    }
    for (let i = 0; i < length; i++) slugs[i] = slugAt(order[i % count] ?? 0);
  } else {
    const scale = Math.log(count + 1);
    for (let i = 0; i < length; i++) {
      const rank = Math.min(count, Math.floor(Math.exp(chance() * scale)));
      // Which links are well known has nothing to do with when they were made.
      slugs[i] = slugAt((rank * 7_368_787) % count);
    }
  }
  writeFileSync(file, slugs.join(""));
  later(() => rmSync(file, { force: true }));
  return { file, width };
}

/** A file of as many slugs as there are links, none of which any link of the first `count` has. */
export function strangers(count: number, { later }: Bench): { file: string; width: number } {
  const file = join(tmpdir(), `curt-bench-${process.pid}-strangers-${count}`);
  writeFileSync(file, Array.from({ length: count }, (_, i) => slugAt(count + i)).join(""));
  later(() => rmSync(file, { force: true }));
  return { file, width };
}

/** Random numbers that are the same in every run (mulberry32). */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
