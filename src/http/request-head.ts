/**
 * Reads a request that is wholly there and has nothing special about it: a GET or HEAD of HTTP/1.1 without a body. It is
 * strict. What it does not understand it leaves to the runtime's HTTP server, and decides nothing about it: so it never
 * has to be right about what is wrong.
 */

/** A `Buffer`, with the quickest way from its bytes to a text, which the types leave out. */
export interface Bytes extends Uint8Array {
  latin1Slice(start: number, end: number): string;
}

/** The longest request it reads, in bytes. */
const longest = 4096;
/** "GET / HTTP/1.1" with the shortest `Host`. */
const shortest = 28;

/** What may stand in a slug of ASCII: letters, digits, "-", "_", "." and "/". */
const slugBytes = bytesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./");
/** What may stand in an address that is not looked into. */
const addressBytes = Uint8Array.from({ length: 256 }, (_, byte) => Number(byte > 0x20 && byte < 0x7f));
/** `tchar` of RFC 9110. */
const nameBytes = bytesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~");
/** A value in ASCII: what is not, another reads. */
const valueBytes = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte === 0x09 || (byte >= 0x20 && byte < 0x7f)),
);

const versionAndEnd = [..." HTTP/1.1\r\n"].map((char) => char.charCodeAt(0));

const [space, slash, colon, cr, lf] = [0x20, 0x2f, 0x3a, 0x0d, 0x0a];
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

/** One reader is used for every request of a process, so that reading one makes nothing but its few texts. */
export class RequestHead {
  isHead = false;
  /** The path without its first slash; "" where it has anything but what a slug of ASCII has. */
  slug = "";
  host = "";
  agent = "";
  referrer = "";
  language = "";
  forwarded = "";
  /** What it says of the form of its answer; made only where it is asked for. */
  get accept(): string {
    const bytes = this.#bytes;
    return bytes === undefined ? "" : textOf(bytes, this.#acceptStart, this.#acceptEnd);
  }
  /** Whether the visitor asks not to be watched. */
  unseen = false;
  #fields = 0;
  #bytes: Bytes | undefined;
  #acceptStart = 0;
  #acceptEnd = 0;

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
    this.slug = end === at && end > start ? bytes.latin1Slice(start, end) : "";
    for (let i = 0; i < versionAndEnd.length; i++) if (bytes[at + i] !== versionAndEnd[i]) return false;
    this.#fields = at + versionAndEnd.length;
    return true;
  }

  /**
   * Reads the headers after `readLine`. `false`: one is not well-formed, is there twice, changes how long the request or
   * its connection is, or more follows them.
   */
  readFields(bytes: Bytes): boolean {
    const end = bytes.length - 2;
    let at = this.#fields;
    this.host = this.agent = this.referrer = this.language = this.forwarded = "";
    this.unseen = false;
    this.#bytes = bytes;
    this.#acceptStart = this.#acceptEnd = 0;
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
        if (is(bytes, name, names.accept)) {
          if (this.#acceptEnd !== 0) return false;
          this.#acceptStart = start;
          this.#acceptEnd = end;
          return true;
        }
        return !is(bytes, name, names.expect);
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

function bytesOf(characters: string): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => Number(characters.includes(String.fromCharCode(byte))));
}

function lowerCase(name: string): Uint8Array {
  return Uint8Array.from(name, (char) => char.charCodeAt(0));
}
