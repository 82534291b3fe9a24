import type { Socket } from "bun";

/** Bytes that one side sent and the other has not taken yet; beyond it the sender is not read. */
const mostWaiting = 256 * 1024;

/** One way of a passage: what is written to `to`, kept while it can't take more, with its source held meanwhile. */
class Lane {
  readonly #to: () => Socket<unknown> | undefined;
  readonly #from: () => Socket<unknown> | undefined;
  #waiting: Uint8Array[] = [];
  #size = 0;
  #held = false;
  #ending = false;

  constructor(from: () => Socket<unknown> | undefined, to: () => Socket<unknown> | undefined) {
    this.#from = from;
    this.#to = to;
  }

  send(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#size += bytes.length;
    this.flush();
    if (this.#size > mostWaiting && !this.#held) {
      this.#held = true;
      this.#from()?.pause();
    }
  }

  /** Closes the far side when it has taken everything. */
  end(): void {
    this.#ending = true;
    this.flush();
  }

  flush(): void {
    const to = this.#to();
    if (to === undefined) return;
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const taken = Math.max(0, to.write(first));
      this.#size -= taken;
      if (taken < first.length) {
        this.#waiting[0] = first.subarray(taken);
        return;
      }
      this.#waiting.shift();
    }
    if (this.#held) {
      this.#held = false;
      this.#from()?.resume();
    }
    if (this.#ending) to.end();
  }
}

/**
 * A connection of a visitor, joined to one of the runtime's HTTP server inside this process: bytes go both ways, as they
 * are. Where a request was seen to be a whole one without a body, the end of its answer is noticed too, and the
 * visitor's connection can go on without the passage until it is needed again.
 */
export class Passage {
  readonly #client: Socket<unknown>;
  readonly #in: Lane;
  readonly #out: Lane;
  readonly #known: (port: number, isOpen: boolean) => void;
  #inner: Socket<unknown> | undefined;
  #port = 0;
  /** Bytes of the answer that are still to come; -1: its head is. */
  #answer = -1;
  /** What waits for the end of an answer: a HEAD, a GET, or nothing that ends before the connection does. */
  #exchange: "head" | "get" | "open" | "none" = "none";
  #closed = false;

  /** `known` is called with the port that the inner connection comes from, before it sends anything and when it ended. */
  constructor(client: Socket<unknown>, known: (port: number, isOpen: boolean) => void) {
    this.#client = client;
    this.#known = known;
    this.#in = new Lane(
      () => this.#client,
      () => this.#inner,
    );
    this.#out = new Lane(
      () => this.#inner,
      () => this.#client,
    );
  }

  /** Whether it carries something: then all that the visitor sends goes into it. */
  get isBusy(): boolean {
    return this.#exchange !== "none";
  }

  /** Whether it carries an exchange whose end will be noticed. */
  get isAnswering(): boolean {
    return this.#exchange === "head" || this.#exchange === "get";
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Joins the two. What the visitor sent meanwhile waits. */
  async open(hostname: string, port: number): Promise<void> {
    try {
      await Bun.connect({
        hostname,
        port,
        allowHalfOpen: true,
        socket: {
          open: (inner) => this.#opened(inner),
          data: (_, bytes) => this.#answered(bytes),
          drain: () => this.#in.flush(),
          end: () => this.#finish(),
          close: () => this.#finish(),
          error: () => this.#finish(),
        },
      });
    } catch {
      this.#finish();
    }
  }

  /** A whole request without a body, and the only one under way. */
  exchange(bytes: Uint8Array, isHead: boolean): void {
    this.#exchange = isHead ? "head" : "get";
    this.#answer = -1;
    this.#in.send(bytes);
  }

  /** Anything else: from now on until the connection ends. */
  send(bytes: Uint8Array): void {
    this.#exchange = "open";
    this.#in.send(bytes);
  }

  /** The visitor sends no more. */
  end(): void {
    this.#exchange = "open";
    this.#in.end();
  }

  /** The visitor's connection takes bytes again. */
  drained(): void {
    this.#out.flush();
  }

  /** The visitor is gone. */
  close(): void {
    this.#closed = true;
    this.#inner?.terminate();
  }

  #opened(inner: Socket<unknown>): void {
    if (this.#closed) {
      inner.terminate();
      return;
    }
    this.#port = inner.localPort;
    this.#known(this.#port, true);
    this.#inner = inner;
    this.#in.flush();
  }

  #answered(bytes: Buffer): void {
    if (this.isAnswering) this.#follow(bytes);
    this.#out.send(bytes);
  }

  /** Counts an answer down to its end. One whose end can't be told lasts as long as the connection. */
  #follow(bytes: Buffer): void {
    if (this.#answer === -1) {
      const head = bytes.indexOf("\r\n\r\n");
      const body =
        head === -1 ? undefined : bodyLength(bytes.toString("latin1", 0, head + 2), this.#exchange === "head");
      if (body === undefined) {
        this.#exchange = "open";
        return;
      }
      this.#answer = head + 4 + body;
    }
    this.#answer -= bytes.length;
    if (this.#answer === 0) this.#exchange = "none";
    else if (this.#answer < 0) this.#exchange = "open";
  }

  #finish(): void {
    if (this.#port !== 0) this.#known(this.#port, false);
    this.#port = 0;
    const idle = this.#exchange === "none" && this.#inner !== undefined;
    this.#inner?.end();
    this.#inner = undefined;
    if (this.#closed) return;
    this.#closed = true;
    // The server inside closes what is idle for long; the visitor's connection has a time of its own.
    if (!idle) this.#out.end();
  }
}

/** The bytes of an answer's body by its head (with the last line's end), `undefined` where the head doesn't tell. */
function bodyLength(head: string, isHead: boolean): number | undefined {
  if (!head.startsWith("HTTP/1.1 ") || /\r\n(?:connection: close|transfer-encoding:)/i.test(head)) return undefined;
  const status = Number(head.slice(9, 12));
  if (status < 200) return undefined;
  if (isHead || status === 204 || status === 304) return 0;
  const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1];
  return length === undefined ? undefined : Number(length);
}
