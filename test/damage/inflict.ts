import { copyFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";

export const damageKinds = [
  "flip a byte of the database",
  "flip a byte of the log",
  "flip a byte in targets",
  "cut the log",
  "cut the database",
  "empty the database",
  "remove the log",
  "put an older database in place",
  "remove the database",
] as const;
export type DamageKind = (typeof damageKinds)[number];

/** A whole number from 0 and below a limit. */
export type Random = (below: number) => number;

/** The same numbers for the same seed. */
export function randomOf(seed: number): Random {
  let state = seed * 0x9e3779b1;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Damages the files of the database `path`, and says how. */
export function inflict(kind: DamageKind, path: string, random: Random): string {
  const log = `${path}-wal`;
  const flip = (file: string) => {
    const bytes = readFileSync(file);
    const at = random(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
    writeFileSync(file, bytes);
    return `${kind}: bit of byte ${at} of ${bytes.length}`;
  };
  const cut = (file: string) => {
    const { length } = readFileSync(file);
    const to = 1 + random(length - 1);
    truncateSync(file, to);
    return `${kind}: to ${to} of ${length} bytes`;
  };
  if (kind === "flip a byte of the database") return flip(path);
  if (kind === "flip a byte of the log") return flip(log);
  if (kind === "flip a byte in targets") return flipTargets(path, random);
  if (kind === "cut the log") return cut(log);
  if (kind === "cut the database") return cut(path);
  if (kind === "empty the database") truncateSync(path, 0);
  if (kind === "remove the log") rmSync(log);
  if (kind === "put an older database in place") {
    copyFileSync(`${path}.older`, path);
    if (existsSync(log)) rmSync(log);
  }
  if (kind === "remove the database") rmSync(path);
  return kind;
}

/** Makes other, well-formed targets of some: only the checksum of the row can tell. */
function flipTargets(path: string, random: Random): string {
  const bytes = readFileSync(path);
  const target = Buffer.from('"url":"https://example.');
  const places: number[] = [];
  for (let at = bytes.indexOf(target); at >= 0; at = bytes.indexOf(target, at + 1)) places.push(at + target.length + 4);
  const flipped = places.filter(() => random(20) === 0);
  for (const at of flipped) bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  return `flip a byte in targets: ${flipped.length} of ${places.length}`;
}
