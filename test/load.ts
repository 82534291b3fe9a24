import type { Socket } from "bun";

/** An answer as a visitor's connection saw it. */
export interface LoadAnswer {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
}

export interface LoadOptions<T> {
  readonly url: string;
  /** The path of every request, or what gives it for the next one. */
  readonly path: string | (() => string);
  /** The whole text of a request, where it is not to be a GET of the path. */
  readonly textOf?: (request: T) => string;
  readonly connections: number;
  /** For an `https:` address: the certificate of the authority that is believed, and no other. */
  readonly ca?: string | undefined;
  /** How long each visitor waits after an answer before it asks again, in ms (0). */
  readonly pause?: number;
  /** Called when a request leaves, after `path`; what it returns comes back with its answer or failure. */
  readonly sent: () => T;
  readonly answered: (answer: LoadAnswer, request: T) => void;
  /** A request that got no whole answer, or a connection (without a request) that was refused. */
  readonly failed: (why: string, request: T | undefined) => void;
}

/**
 * Visitors on kept connections, each asking again as soon as it is answered, by sockets of their own: so it is known
 * what was sent and what came back. A connection that the server says it ends is replaced.
 */
export class Load<T> {
  readonly #options: LoadOptions<T>;
  readonly #host: string;
  readonly #visitors: Promise<void>[];
  #stopping = false;

  constructor(options: LoadOptions<T>) {
    this.#options = options;
    this.#host = new URL(options.url).host;
    this.#visitors = Array.from({ length: options.connections }, () => this.#visit());
  }

  /** Lets each visitor have the answer it waits for, and ends. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#visitors);
  }

  async #visit(): Promise<void> {
    while (!this.#stopping) {
      if (!(await this.#connection())) await Bun.sleep(5);
    }
  }

  /** One connection to its end. `false`: there was none. */
  async #connection(): Promise<boolean> {
    const { hostname, port } = new URL(this.#options.url);
    const ended = Promise.withResolvers<void>();
    let text = "";
    let ending = false;
    let waiting: { readonly request: T } | undefined;
    const ask = (socket: Socket) => {
      if (ending) return;
      const { path, textOf } = this.#options;
      const text = `GET ${typeof path === "string" ? path : path()} HTTP/1.1\r\nHost: ${this.#host}\r\n\r\n`;
      const request = this.#options.sent();
      waiting = { request };
      socket.write(textOf === undefined ? text : textOf(request));
    };
    const over = (why: string) => {
      ending = true;
      if (waiting !== undefined) this.#options.failed(why, waiting.request);
      waiting = undefined;
      ended.resolve();
    };
    try {
      await Bun.connect({
        hostname,
        port: Number(port),
        ...(this.#options.ca === undefined ? {} : { tls: { ca: this.#options.ca, serverName: hostname } }),
        socket: {
          // Over TLS nothing can be asked before the handshake.
          ...(this.#options.ca === undefined ? { open: ask } : { handshake: ask }),
          data: (socket, bytes) => {
            text += bytes.toString("latin1");
            const answer = wholeAnswer(text);
            if (answer === undefined || waiting === undefined) return;
            text = "";
            this.#options.answered(answer, waiting.request);
            waiting = undefined;
            if (answer.closes || this.#stopping) socket.end();
            else if (this.#options.pause === undefined) ask(socket);
            else setTimeout(() => (this.#stopping ? socket.end() : ask(socket)), this.#options.pause);
          },
          close: () => over("closed without an answer"),
          error: (_socket, error) => over(error.message),
        },
      });
    } catch {
      this.#options.failed("refused", undefined);
      return false;
    }
    await ended.promise;
    return true;
  }
}

function wholeAnswer(text: string): (LoadAnswer & { readonly closes: boolean }) | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const head = text.slice(0, end);
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  if (text.length < end + 4 + length) return undefined;
  return {
    status: Number(head.slice(9, 12)),
    body: text.slice(end + 4),
    location: /^location: *(.*)$/im.exec(head)?.[1]?.trim(),
    closes: /^connection: *close/im.test(head),
  };
}
