import type { Socket } from "bun";
import { supersedes, type Value } from "./value.ts";
import { type Connect, type Wire, within } from "./wire.ts";

/** How long a connection may take, in ms. Nobody waits for it but the one who joins the server. */
const connectLimit = 500;
/** How often a write is tried again when others write the same key. Each time one of them gets in. */
const mostRounds = 100;
/** In seconds; more would be read as a date. */
const longestStay = 30 * 24 * 3600;
/** The longest answer that makes sense, in bytes. */
const longestAnswer = 2 * 1024 * 1024;

interface Item {
  readonly text: string;
  /** What `cas` takes. */
  readonly unique: string;
}

interface Question {
  /** The key of a `gets`; `undefined` where the answer is one line. */
  readonly key: string | undefined;
  readonly resolve: (answer: Item | string | undefined) => void;
  readonly reject: (error: Error) => void;
}

export interface MemcachedAddress {
  readonly host: string;
  readonly port: number;
}

export function memcachedConnector({ host, port }: MemcachedAddress): Connect {
  return async (closed) => {
    const wire = new MemcachedWire(closed);
    const connecting = Bun.connect({ hostname: host, port, socket: wire.handlers });
    try {
      wire.begin(await within(connectLimit, connecting));
    } catch (error) {
      wire.close();
      connecting.then(
        (socket) => socket.terminate(),
        () => undefined,
      );
      throw new Error(`can't connect (${error instanceof Error ? error.message : String(error)})`);
    }
    return wire;
  };
}

/** The text protocol on one connection: questions go out as one write a turn, answers come in the same order. */
class MemcachedWire implements Wire {
  readonly #closed: (why: string) => void;
  #socket: Socket | undefined;
  #ended = false;
  #asked: Question[] = [];
  #answered = 0;
  #outgoing: string[] = [];
  /** What the kernel has not taken yet. */
  #unsent: Buffer = Buffer.alloc(0);
  #incoming: Buffer = Buffer.alloc(0);

  readonly handlers = {
    data: (_: Socket, data: Buffer) => this.#read(data),
    drain: () => this.#push(),
    close: () => this.#end("the connection was closed"),
    error: (_: Socket, error: Error) => this.#end(error.message),
  };

  constructor(closed: (why: string) => void) {
    this.#closed = closed;
  }

  begin(socket: Socket): void {
    this.#socket = socket;
    socket.setNoDelay(true);
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#gets(key))?.text;
  }

  async putIfNewer(key: string, value: Value): Promise<void> {
    // Relative, so that the server's clock does not matter; up to 30 days it takes them so. 0 would be "for good", and
    // what has expired already only takes the old away.
    const left = Math.min(longestStay, Math.ceil((value.expiresAt - Date.now()) / 1000));
    const seconds = left <= 0 ? -1 : left;
    for (let round = 0; round < mostRounds; round++) {
      const there = await this.#gets(key);
      if (there !== undefined && !supersedes(value, there.text)) return;
      if (await this.#store(key, value.text, seconds, there)) return;
    }
    throw new Error(`${mostRounds} others wrote the same key`);
  }

  async swap(key: string, prefix: string, text: string): Promise<string | undefined> {
    for (let round = 0; round < mostRounds; round++) {
      const there = await this.#gets(key);
      if (there !== undefined && !there.text.startsWith(prefix)) return there.text;
      if (await this.#store(key, text, 0, there)) return undefined;
    }
    throw new Error(`${mostRounds} others wrote the same key`);
  }

  close(): void {
    this.#ended = true;
    this.#socket?.terminate();
    this.#rejectAll("closed");
  }

  async #gets(key: string): Promise<Item | undefined> {
    const answer = await this.#ask(`gets ${key}\r\n`, key);
    return typeof answer === "string" ? undefined : answer;
  }

  /** Whether it was stored; not if somebody else wrote since `there` was read. */
  async #store(key: string, text: string, seconds: number, there: Item | undefined): Promise<boolean> {
    const size = Buffer.byteLength(text);
    const command =
      there === undefined ? `add ${key} 0 ${seconds} ${size}` : `cas ${key} 0 ${seconds} ${size} ${there.unique}`;
    const answer = await this.#ask(`${command}\r\n${text}\r\n`, undefined);
    if (answer === "STORED") return true;
    if (answer === "NOT_STORED" || answer === "EXISTS" || answer === "NOT_FOUND") return false;
    throw new Error(`it answers ${JSON.stringify(answer)}`);
  }

  #ask(command: string, key: string | undefined): Promise<Item | string | undefined> {
    if (this.#ended) return Promise.reject(new Error("closed"));
    return new Promise((resolve, reject) => {
      this.#asked.push({ key, resolve, reject });
      if (this.#outgoing.length === 0) queueMicrotask(() => this.#push());
      this.#outgoing.push(command);
    });
  }

  #push(): void {
    if (this.#ended || this.#socket === undefined) return;
    if (this.#outgoing.length > 0) {
      this.#unsent = Buffer.concat([this.#unsent, Buffer.from(this.#outgoing.join(""))]);
      this.#outgoing = [];
    }
    if (this.#unsent.length === 0) return;
    const taken = this.#socket.write(this.#unsent);
    this.#unsent = this.#unsent.subarray(Math.max(0, taken));
  }

  #read(data: Buffer): void {
    this.#incoming = this.#incoming.length === 0 ? Buffer.from(data) : Buffer.concat([this.#incoming, data]);
    while (!this.#ended && this.#incoming.length > 0) {
      const question = this.#asked[this.#answered];
      if (question === undefined) {
        this.#end("it speaks without being asked");
        return;
      }
      const taken = this.#answer(question);
      if (taken === 0) {
        if (this.#incoming.length > longestAnswer) this.#end("its answer has no end");
        return;
      }
      this.#incoming = this.#incoming.subarray(taken);
      this.#answered++;
      if (this.#answered === this.#asked.length || this.#answered > 1000) {
        this.#asked = this.#asked.slice(this.#answered);
        this.#answered = 0;
      }
    }
  }

  /** Answers from the front of what came in; how many bytes that took, 0 while the answer is not complete. */
  #answer({ key, resolve, reject }: Question): number {
    const incoming = this.#incoming;
    const lineEnd = incoming.indexOf("\r\n");
    if (lineEnd === -1) return 0;
    const line = incoming.toString("latin1", 0, lineEnd);
    const begin = lineEnd + 2;
    if (key === undefined) {
      resolve(line);
      return begin;
    }
    if (line === "END") {
      resolve(undefined);
      return begin;
    }
    const [word, name, , size = "", unique = ""] = line.split(" ");
    if (word !== "VALUE") {
      reject(new Error(`it answers ${JSON.stringify(line.slice(0, 100))}`));
      return begin;
    }
    const end = begin + Number(size);
    const sane = name === key && /^\d{1,7}$/.test(size) && /^\d+$/.test(unique);
    if (!sane) {
      this.#end("it answers what was not asked");
      return 0;
    }
    if (incoming.length < end + 7) return 0;
    if (incoming.toString("latin1", end, end + 7) !== "\r\nEND\r\n") {
      this.#end("its answer is not of the length it says");
      return 0;
    }
    resolve({ text: incoming.toString("utf8", begin, end), unique });
    return end + 7;
  }

  #end(why: string): void {
    if (this.#ended) return;
    this.close();
    this.#closed(why);
  }

  #rejectAll(why: string): void {
    const open = this.#asked.slice(this.#answered);
    this.#asked = [];
    this.#answered = 0;
    for (const { reject } of open) reject(new Error(why));
  }
}
