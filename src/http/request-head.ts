import { type Bytes, bytesOf, HeadFields } from "./head-fields.ts";
import { HeadMemo } from "./head-memo.ts";

/**
 * Reads a request that is wholly there and has nothing special about it: a GET or HEAD of HTTP/1.1 without a body. It is
 * strict. What it does not understand it leaves to the runtime's HTTP server, and decides nothing about it: so it never
 * has to be right about what is wrong.
 */

/** The longest request it reads, in bytes. */
const longest = 4096;
/** "GET / HTTP/1.1" with the shortest `Host`. */
const shortest = 28;

/** What may stand in a slug of ASCII: letters, digits, "-", "_", "." and "/". */
const slugBytes = bytesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./");
/** What may stand in an address that is not looked into. */
const addressBytes = Uint8Array.from({ length: 256 }, (_, byte) => Number(byte > 0x20 && byte < 0x7f));
const versionAndEnd = [..." HTTP/1.1\r\n"].map((char) => char.charCodeAt(0));

const [space, slash, cr, lf] = [0x20, 0x2f, 0x0d, 0x0a];

/** One reader is used for every request of a process, so that reading one makes nothing but its few texts. */
export class RequestHead {
  isHead = false;
  /** Where the path without its first slash begins and ends; alike where it has anything but what a slug of ASCII has. */
  slugStart = 0;
  slugEnd = 0;
  /** What its headers say. */
  fields: HeadFields = new HeadFields();
  readonly #memo = new HeadMemo();
  #start = 0;
  #bytes: Bytes | undefined;

  /** The path without its first slash, or "". Most requests are answered without that text. */
  get slug(): string {
    return this.#bytes?.latin1Slice(this.slugStart, this.slugEnd) ?? "";
  }

  /** Reads the request line of what is one whole request, and nothing after it. `false`: it is something else. */
  readLine(bytes: Bytes): boolean {
    const size = bytes.length;
    if (size < shortest || size > longest) return false;
    if (bytes[size - 1] !== lf || bytes[size - 2] !== cr || bytes[size - 3] !== lf || bytes[size - 4] !== cr)
      return false;
    let at = 0;
    if (bytes[0] === 0x47 && bytes[1] === 0x45 && bytes[2] === 0x54) at = 3;
    else if (bytes[0] === 0x48 && bytes[1] === 0x45 && bytes[2] === 0x41 && bytes[3] === 0x44) at = 4;
    else return false;
    this.isHead = at === 4;
    if (bytes[at] !== space || bytes[at + 1] !== slash) return false;
    at += 2;
    const start = at;
    while (slugBytes[bytes[at] ?? 0] === 1) at++;
    const end = at;
    while (addressBytes[bytes[at] ?? 0] === 1) at++;
    this.#bytes = bytes;
    this.slugStart = start;
    this.slugEnd = end === at ? end : start;
    for (let i = 0; i < versionAndEnd.length; i++) if (bytes[at + i] !== versionAndEnd[i]) return false;
    this.#start = at + versionAndEnd.length;
    return true;
  }

  /**
   * Reads the headers after `readLine`. `false`: one is not well-formed, is there twice, changes how long the request or
   * its connection is, or more follows them.
   */
  readFields(bytes: Bytes): boolean {
    const known = this.#memo.find(bytes, this.#start);
    if (known !== undefined) {
      this.fields = known;
      return true;
    }
    const fields = new HeadFields();
    if (!fields.read(bytes, this.#start)) return false;
    this.fields = fields;
    this.#memo.keep(bytes, this.#start, fields);
    return true;
  }
}
