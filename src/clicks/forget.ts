import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { segmentsIn } from "./files.ts";
import { bodyHead, entry, frameHead, magic } from "./format.ts";

/** What stands where an address stood. */
const blank = 0x20;

/**
 * Blanks the addresses in finished segments that were last written to before `olderThan` (ms): they could not be counted
 * for two days, and their clicks still are, without a place or a visitor. Gives how many addresses there were. Throws what
 * the file system says.
 */
export function forgetAddresses(folder: string, olderThan: number): number {
  let forgotten = 0;
  for (const { name, path, finished, modified } of segmentsIn(folder)) {
    if (!finished || modified >= olderThan) continue;
    const bytes = readFileSync(path);
    const found = blankAddresses(bytes);
    if (found === 0) continue;
    forgotten += found;
    const draft = join(folder, `${name}.blank`);
    const fd = openSync(draft, "w", 0o600);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, path);
  }
  return forgotten;
}

/** In place; lengths stay as they were, so that positions do. What comes after the last whole frame is blanked too. */
function blankAddresses(bytes: Buffer): number {
  let found = 0;
  let at = magic.length;
  while (at + frameHead + bodyHead <= bytes.length) {
    const end = at + frameHead + bytes.readUInt32LE(at);
    if (end > bytes.length) break;
    const body = bytes.subarray(at + frameHead, end);
    if (Bun.hash.crc32(body) !== bytes.readUInt32LE(at + 4)) break;
    found += blankIn(body);
    bytes.writeUInt32LE(Bun.hash.crc32(body), at + 4);
    at = end;
  }
  bytes.fill(0, at);
  return found;
}

function blankIn(body: Buffer): number {
  let found = 0;
  let at = bodyHead;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = body[at++] ?? 0;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < body.length) {
    const kind = body[at++];
    const numbers = kind === entry.click ? 5 : kind === entry.unseen ? 1 : 0;
    for (let i = 0; i < numbers; i++) number();
    if (numbers > 0) continue;
    const length = number();
    const text = body.subarray(at, at + length);
    at += length;
    if (kind !== entry.address || text[0] === blank) continue;
    text.fill(blank);
    found++;
  }
  return found;
}
