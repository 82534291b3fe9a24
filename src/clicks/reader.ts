import { closeSync, openSync, readSync } from "node:fs";
import { clickIdLength } from "../core/click.ts";
import { bodyHead, entry, frameHead, magic, mostBody } from "./format.ts";

/** What a segment has defined so far; place 0 of each is "nothing". */
export interface Definitions {
  /** Each the click id, then the tags, with line ends between. */
  readonly links: string[];
  readonly agents: string[];
  readonly sources: string[];
  readonly languages: string[];
  readonly addresses: string[];
}

/** Takes what is read, in order. The numbers are those of `Definitions`. */
export interface ClickSink {
  /** `false`: the frame of this time (ms) is not wanted now; the reader stops before it. */
  frame(time: number): boolean;
  click(link: number, agent: number, source: number, language: number, address: number): void;
  unseen(link: number): void;
}

/** Bytes that are read at once. A frame that is longer is read alone. */
const chunk = 512 * 1024;

const ignoring: ClickSink = { frame: () => true, click: () => {}, unseen: () => {} };

/** Reads a segment, frame by frame, also while it is written. */
export class SegmentReader {
  readonly defined: Definitions = { links: [""], agents: [""], sources: [""], languages: [""], addresses: [""] };
  /** The end of the last frame that was read. */
  offset = 0;
  readonly #from: number;

  /** `from`: where a reader before this one was; what was defined until there is read again, and its clicks are not. */
  constructor(from: number) {
    this.#from = from;
  }

  /**
   * Gives `sink` the frames that are whole, from where it stopped the last time. `true`: it read all frames that are there.
   * Throws what the file system says; then it can be called again.
   */
  read(path: string, sink: ClickSink): boolean {
    const fd = openSync(path, "r");
    try {
      return this.#read(fd, sink);
    } finally {
      closeSync(fd);
    }
  }

  #read(fd: number, sink: ClickSink): boolean {
    if (this.offset === 0) {
      const head = bytesAt(fd, 0, magic.length);
      if (!head.equals(magic)) return true;
      this.offset = magic.length;
    }
    for (;;) {
      let bytes = bytesAt(fd, this.offset, chunk);
      const wanted = frameHead + lengthOf(bytes);
      // The first of the chunk is longer than the chunk.
      if (wanted > bytes.length && bytes.length === chunk) bytes = bytesAt(fd, this.offset, wanted);
      const before = this.offset;
      let at = 0;
      for (;;) {
        const body = frameAt(bytes, at);
        if (body === undefined) break;
        if (!this.#frame(body, sink)) return false;
        at += frameHead + body.length;
        this.offset = before + at;
      }
      if (at === 0) return true;
    }
  }

  #frame(body: Buffer, sink: ClickSink): boolean {
    const taker = this.offset < this.#from ? ignoring : sink;
    if (!taker.frame(body.readDoubleLE(0))) return false;
    const { links, agents, sources, languages, addresses } = this.defined;
    let at = bodyHead;
    const number = () => {
      let value = 0;
      let shift = 0;
      for (;;) {
        const byte = body[at++] ?? 0;
        value |= (byte & 127) << shift;
        if (byte < 128) return value;
        shift += 7;
      }
    };
    const text = () => {
      const length = number();
      at += length;
      return body.toString("utf8", at - length, at);
    };
    let ascii: string | undefined;
    const linkText = () => {
      const begun = at;
      if (number() !== clickIdLength) {
        at = begun;
        return text();
      }
      // A link without tags: nothing but hexadecimal digits. To cut one text is several times as fast as to decode many.
      ascii ??= body.toString("latin1");
      at += clickIdLength;
      return (ascii as string).slice(at - clickIdLength, at);
    };
    while (at < body.length) {
      const kind = body[at++];
      if (kind === entry.click) taker.click(number(), number(), number(), number(), number());
      else if (kind === entry.unseen) taker.unseen(number());
      else if (kind === entry.link) links.push(linkText());
      else if (kind === entry.agent) agents.push(text());
      else if (kind === entry.source) sources.push(text());
      else if (kind === entry.language) languages.push(text());
      else if (kind === entry.address) addresses.push(text());
      // The checksum was right: a later version wrote this, and what follows can't be told apart.
      else throw new Error(`A frame has an entry of kind ${kind}, which this version does not know.`);
    }
    return true;
  }
}

function lengthOf(bytes: Buffer): number {
  const length = bytes.length < frameHead ? 0 : bytes.readUInt32LE(0);
  return length > mostBody ? 0 : length;
}

/** The body of the frame that begins here, or `undefined` where there is no whole and undamaged one. */
function frameAt(bytes: Buffer, at: number): Buffer | undefined {
  if (at + frameHead + bodyHead > bytes.length) return undefined;
  const length = bytes.readUInt32LE(at);
  if (length < bodyHead || length > mostBody || at + frameHead + length > bytes.length) return undefined;
  const body = bytes.subarray(at + frameHead, at + frameHead + length);
  return Bun.hash.crc32(body) === bytes.readUInt32LE(at + 4) ? body : undefined;
}

/** Used again and again: texts are copies of what is in it. */
const room = Buffer.allocUnsafeSlow(chunk);

/** Valid until the next call. */
function bytesAt(fd: number, position: number, length: number): Buffer {
  const bytes = length > chunk ? Buffer.allocUnsafe(length) : room;
  let read = 0;
  while (read < length) {
    const got = readSync(fd, bytes, read, length - read, position + read);
    if (got === 0) break;
    read += got;
  }
  return bytes.subarray(0, read);
}
