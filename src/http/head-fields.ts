import type { Origin } from "../core/click.ts";

/** A `Buffer`, with the quickest way from its bytes to a text, which the types leave out. */
export interface Bytes extends Uint8Array {
  latin1Slice(start: number, end: number): string;
}

/** `tchar` of RFC 9110. */
const nameBytes = bytesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~");
/** A value in ASCII: what is not, another reads. */
const valueBytes = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte === 0x09 || (byte >= 0x20 && byte < 0x7f)),
);

const [space, colon, cr, lf] = [0x20, 0x3a, 0x0d, 0x0a];
const names = {
  host: lowerCase("host"),
  agent: lowerCase("user-agent"),
  accept: lowerCase("accept"),
  referrer: lowerCase("referer"),
  language: lowerCase("accept-language"),
  forwarded: lowerCase("x-forwarded-for"),
  dnt: lowerCase("dnt"),
  gpc: lowerCase("sec-gpc"),
  connection: lowerCase("connection"),
  keepAlive: lowerCase("keep-alive"),
  length: lowerCase("content-length"),
  encoding: lowerCase("transfer-encoding"),
  expect: lowerCase("expect"),
  upgrade: lowerCase("upgrade"),
} as const;

/** What the headers of a plain request say; of those that it knows, each "" where it is not there. */
export class HeadFields implements Origin {
  host = "";
  agent = "";
  referrer = "";
  language = "";
  forwarded = "";
  accept = "";
  /** Whether the visitor asks not to be watched. */
  unseen = false;
  segment = 0;
  agentMark = 0;
  sourceMark = 0;
  languageMark = 0;

  /** Reads all from `start` on; see `RequestHead.readFields`. */
  read(bytes: Bytes, start: number): boolean {
    const end = bytes.length - 2;
    let at = start;
    while (at < end) {
      const name = at;
      while (nameBytes[bytes[at] ?? 0] === 1) at++;
      const nameEnd = at;
      if (bytes[at] !== colon || nameEnd === name) return false;
      at++;
      while (bytes[at] === space) at++;
      const value = at;
      while (valueBytes[bytes[at] ?? 0] === 1) at++;
      if (bytes[at] !== cr || bytes[at + 1] !== lf) return false;
      if (!this.#take(bytes, name, nameEnd - name, value, at)) return false;
      at += 2;
    }
    return at === end && this.host !== "";
  }

  #take(bytes: Bytes, name: number, length: number, start: number, end: number): boolean {
    switch (length) {
      case 3:
        if (is(bytes, name, names.dnt)) this.unseen ||= isOne(bytes, start, end);
        return true;
      case 4:
        if (!is(bytes, name, names.host)) return true;
        if (this.host !== "") return false;
        this.host = bytes.latin1Slice(start, end);
        return true;
      case 6:
        if (!is(bytes, name, names.accept)) return !is(bytes, name, names.expect);
        if (this.accept !== "") return false;
        this.accept = textOf(bytes, start, end);
        return true;
      case 7:
        if (is(bytes, name, names.gpc)) this.unseen ||= isOne(bytes, start, end);
        else if (is(bytes, name, names.upgrade)) return false;
        else if (is(bytes, name, names.referrer)) {
          if (this.referrer !== "") return false;
          this.referrer = textOf(bytes, start, end);
        }
        return true;
      case 10:
        if (is(bytes, name, names.connection)) return end - start === 10 && is(bytes, start, names.keepAlive);
        if (!is(bytes, name, names.agent)) return true;
        if (this.agent !== "") return false;
        this.agent = textOf(bytes, start, end);
        return true;
      case 14:
        return !is(bytes, name, names.length);
      case 15:
        if (is(bytes, name, names.language)) {
          if (this.language !== "") return false;
          this.language = textOf(bytes, start, end);
        } else if (is(bytes, name, names.forwarded)) {
          if (this.forwarded !== "") return false;
          this.forwarded = textOf(bytes, start, end);
        }
        return true;
      case 17:
        return !is(bytes, name, names.encoding);
      default:
        return true;
    }
  }
}

/** Whether a name stands there, in whatever case. Only bytes of a name were let through, so bit 5 is the case alone. */
function is(bytes: Bytes, at: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (((bytes[at + i] ?? 0) | 0x20) !== name[i]) return false;
  return true;
}

function isOne(bytes: Bytes, start: number, end: number): boolean {
  return textOf(bytes, start, end) === "1";
}

/** Without the spaces at its end. */
function textOf(bytes: Bytes, start: number, end: number): string {
  let last = end;
  while (last > start && (bytes[last - 1] === space || bytes[last - 1] === 0x09)) last--;
  return bytes.latin1Slice(start, last);
}

/** For each byte, whether it is one of these characters. */
export function bytesOf(characters: string): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => Number(characters.includes(String.fromCharCode(byte))));
}

function lowerCase(name: string): Uint8Array {
  return Uint8Array.from(name, (char) => char.charCodeAt(0));
}
