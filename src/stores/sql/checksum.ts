import type { Change, Document } from "../../core/store.ts";

/** CRC-32 finds every run of flipped bits up to 32 long, and is the same in every version of every runtime. */
const crc = Bun.hash.crc32;

/** The checksum of a link's row: a row that moved to another id or another slug has a wrong one too. */
export function linkSum(id: number, host: string, slug: string, doc: string): number {
  return crc(`${id}\n${host}\n${slug}\n${doc}`);
}

export function changeSum(seq: number, change: Change): number {
  return crc(`${seq}\n${change.host}\n${change.slug}\n${change.version}`);
}

export function documentSum(document: Document): number {
  const { kind, id, version, expiresAt, value } = document;
  return crc(`${kind}\n${id}\n${version}\n${expiresAt}\n${value}`);
}

export function textSum(text: string): number {
  return crc(text);
}
