import type { Socket } from "bun";
import { type Answered, AnswerReader } from "./answer-reader.ts";

/** The end of a connection that did not bring the answer. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

/**
 * One user's connection, kept from request to request and made anew when the server ends it. By hand, since what is
 * measured is the server: `fetch` takes several times as long for a request as Curt for its answer.
 */
export class Connection {
  readonly #url: URL;
  #socket: Socket | undefined;
  #waiting: { readonly resolve: (answer: Answered) => void; readonly reject: (error: Error) => void } | undefined;
  readonly #reader = new AnswerReader();
  /** Ends the wait for a connection. */
  #giveUp: (error: Error) => void = () => {};

  constructor(url: URL) {
    this.#url = url;
  }

  /** Sends a whole request and gives the status of its answer. Throws `NoAnswer`, after `patience` ms too. */
  async ask(request: string, patience: number): Promise<number> {
    const timer = setTimeout(() => this.#fail(`no answer within ${patience / 1000} s`), patience);
    try {
      this.#socket ??= await this.#connect();
      const { promise, resolve, reject } = Promise.withResolvers<Answered>();
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
      const { status, closes } = await promise;
      if (closes) this.close();
      return status;
    } finally {
      clearTimeout(timer);
      this.#waiting = undefined;
    }
  }

  close(): void {
    this.#socket?.end();
    this.#socket = undefined;
    this.#reader.reset();
  }

  async #connect(): Promise<Socket> {
    const { hostname, protocol, port } = this.#url;
    const secure = protocol === "https:";
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    this.#giveUp = reject;
    const over = (socket: Socket, why: string) => {
      reject(new NoAnswer(why));
      if (socket === this.#socket) this.#fail(why);
    };
    Bun.connect({
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port: port === "" ? (secure ? 443 : 80) : Number(port),
      ...(secure ? { tls: { serverName: hostname } } : {}),
      socket: {
        open: (socket) => {
          if (!secure) resolve(socket);
        },
        handshake: (socket, success, error) =>
          success ? resolve(socket) : over(socket, `TLS: ${error?.message ?? "no handshake"}`),
        data: (_socket, bytes) => {
          const answer = this.#reader.take(bytes);
          if (answer !== undefined) this.#waiting?.resolve(answer);
        },
        close: (socket) => over(socket, "closed without an answer"),
        error: (socket, error) => over(socket, error.message),
        connectError: (socket, error) => over(socket, error.message),
      },
    }).catch((error) => reject(new NoAnswer(error instanceof Error ? error.message : String(error))));
    return promise;
  }

  #fail(why: string): void {
    const waiting = this.#waiting;
    this.close();
    waiting?.reject(new NoAnswer(why));
    this.#giveUp(new NoAnswer(why));
  }
}
