import type { Socket, TCPSocketListener } from "bun";
import { isOneHost } from "./address.ts";
import type { Bytes } from "./head-fields.ts";
import { Passage } from "./passage.ts";
import type { PlainAnswers } from "./plain-answers.ts";
import type { Miss } from "./quick.ts";
import type { KeptAnswer } from "./redirect.ts";
import { RequestHead } from "./request-head.ts";
import type { Written } from "./said.ts";

export interface DoorOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Where the runtime's HTTP server of this process listens. */
  readonly inner: { readonly hostname: string; readonly port: number };
  /** Answers what is in memory. What `miss` promises does not reject. */
  readonly quick: {
    renew(lines: string): void;
    atHand(head: RequestHead, bytes: Bytes, peer: string): PlainAnswers | undefined;
    answer(head: RequestHead, peer: string): KeptAnswer | undefined;
    miss(head: RequestHead, bytes: Bytes, peer: string, again: boolean): Miss;
  };
  /** Seconds after which a connection on which nothing happens is closed. */
  readonly idleSeconds: number;
}

/** Pieces that may come on a connection while a link is fetched for it. */
const mostWaiting = 16;

/** A visitor's connection. */
interface Visitor {
  /** The address of its other end. */
  readonly peer: string;
  passage: Passage | undefined;
  /** The tick in which something was last sent on it. */
  seen: number;
  /** While a link is fetched for it: what it sent besides. */
  waiting: Bytes[] | undefined;
  /** Sends no more. */
  ended: boolean;
}

/**
 * Where connections arrive. A whole, plain request for a link whose answer is in memory is answered from here, with one
 * read and one write and nothing between; everything else goes through a `Passage` to the runtime's HTTP server, which
 * judges it as if it had come to it. So the fast way is allowed to understand little (see decision 14).
 */
export class Door {
  readonly #options: DoorOptions;
  readonly #listener: TCPSocketListener<Visitor>;
  readonly #head = new RequestHead();
  readonly #visitors = new Set<Socket<Visitor>>();
  /** Who is behind a connection of the server inside, by the port it comes from. */
  readonly #peers = new Map<number, string>();
  readonly #ticker: Timer;
  #tick = 0;
  /** Lines of every answer, and the last ones of every redirect. */
  #lines = "";
  #end = "";
  #draining = false;
  /** The last `Host` that was found good: nearly always the same. */
  #goodHost = "";

  /** Throws if the port can't be listened on. */
  constructor(options: DoorOptions) {
    this.#options = options;
    this.#renewEnd();
    // Bun takes `reusePort` here as it does in `Bun.serve`; its types don't know yet.
    const shared: { readonly reusePort: true } = { reusePort: true };
    this.#listener = Bun.listen<Visitor>({
      ...shared,
      hostname: options.host,
      port: options.port,
      allowHalfOpen: true,
      socket: {
        open: (socket) => {
          socket.data = {
            peer: socket.remoteAddress,
            passage: undefined,
            seen: this.#tick,
            waiting: undefined,
            ended: false,
          };
          this.#visitors.add(socket);
        },
        data: (socket, bytes) => this.#read(socket, bytes as Buffer & Bytes),
        drain: (socket) => socket.data.passage?.drained(),
        end: (socket) => {
          const { passage, waiting } = socket.data;
          socket.data.ended = true;
          if (passage?.isBusy === true) passage.end();
          else if (waiting === undefined) socket.end();
        },
        close: (socket) => this.#gone(socket),
        error: (socket) => this.#gone(socket),
      },
    });
    this.#ticker = setInterval(() => this.#everySecond(), 1000);
    this.#ticker.unref();
  }

  get port(): number {
    return this.#listener.port;
  }

  /** Who is behind a connection of the server inside; `undefined`: one that did not come through here. */
  peerOf(innerPort: number): string | undefined {
    return this.#peers.get(innerPort);
  }

  /** From now on every answer says that its connection ends. */
  drain(): void {
    this.#draining = true;
    this.#renewEnd();
  }

  /** Takes no more connections, lets each exchange that is under way end (at most `limit` ms), and ends those at rest. */
  async stop(limit: number): Promise<void> {
    // What arrived while the process had no CPU is taken and read before anything ends.
    await someTurns();
    this.#listener.stop();
    await someTurns();
    const end = performance.now() + limit;
    const isAnswering = () =>
      [...this.#visitors].some(({ data }) => data.waiting ?? data.passage?.isAnswering === true);
    while (isAnswering() && performance.now() < end) await Bun.sleep(5);
    for (const socket of this.#visitors) if (socket.data.passage?.isBusy !== true) socket.end();
  }

  /** Waits until the last answers are on their way, at most `limit` ms; then ends everything. */
  async close(limit: number): Promise<void> {
    const end = performance.now() + limit;
    while (this.#visitors.size > 0 && performance.now() < end) await Bun.sleep(5);
    this.#listener.stop(true);
    clearInterval(this.#ticker);
    for (const socket of this.#visitors) socket.terminate();
  }

  #read(socket: Socket<Visitor>, bytes: Bytes, isFetched = false): void {
    const visitor = socket.data;
    visitor.seen = this.#tick;
    const { passage, waiting } = visitor;
    if (waiting !== undefined) {
      // Whoever sends much more before the first answer has no use for the fast way.
      if (waiting.push(bytes) > mostWaiting) socket.terminate();
      return;
    }
    if (passage?.isBusy === true) {
      passage.send(bytes);
      return;
    }
    const head = this.#head;
    if (!head.readLine(bytes) || !head.readFields(bytes)) {
      this.#passageOf(socket).send(bytes);
      return;
    }
    const isSlug = head.slugEnd > head.slugStart && this.#hostIsGood(head.fields.host);
    const atHand = isSlug ? this.#options.quick.atHand(head, bytes, visitor.peer) : undefined;
    if (atHand !== undefined) {
      const { start, end } = atHand;
      this.#sent(socket, socket.write(atHand.arena.bytes, start, end - start), end - start);
      return;
    }
    const answer = isSlug ? this.#options.quick.answer(head, visitor.peer) : undefined;
    if (answer === undefined) {
      const miss = isSlug ? this.#options.quick.miss(head, bytes, visitor.peer, isFetched) : undefined;
      if (miss === "brought") this.#read(socket, bytes, true);
      else if (miss === undefined) this.#passageOf(socket).exchange(bytes, head.isHead);
      else if (miss instanceof Promise) void this.#readAgain(socket, bytes, head.isHead, miss);
      else this.#sent(socket, socket.write(miss), miss.length);
      return;
    }
    if (answer.end !== this.#end) {
      // Until the second is over, all who come get the same.
      answer.text = answer.head + this.#end;
      answer.end = this.#end;
    }
    this.#send(socket, answer.text);
  }

  #whole({ head, body }: Written, isHead: boolean): string {
    return `${head}${this.#lines}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${isHead ? "" : body}`;
  }

  #send(socket: Socket<Visitor>, text: string): void {
    this.#sent(socket, socket.write(text), text.length);
  }

  #sent(socket: Socket<Visitor>, taken: number, length: number): void {
    // Whoever doesn't read so many answers has no use for them.
    if (taken < length) socket.terminate();
    else if (this.#draining) socket.end();
  }

  /**
   * Waits for a link, and reads the request for it as if it had come now; or sends the answer to one that could not be
   * looked up. Then what came besides.
   */
  async #readAgain(
    socket: Socket<Visitor>,
    bytes: Bytes,
    isHead: boolean,
    fetched: Promise<Written | undefined>,
  ): Promise<void> {
    const visitor = socket.data;
    const besides: Bytes[] = [];
    visitor.waiting = besides;
    const failure = await fetched;
    visitor.waiting = undefined;
    if (!this.#visitors.has(socket)) return;
    if (failure === undefined) this.#read(socket, bytes, true);
    else this.#send(socket, this.#whole(failure, isHead));
    for (const more of besides) this.#read(socket, more);
    if (!visitor.ended) return;
    if (visitor.passage?.isBusy === true) visitor.passage.end();
    else if (visitor.waiting === undefined) socket.end();
  }

  #hostIsGood(host: string): boolean {
    if (host === this.#goodHost) return true;
    if (!isOneHost(host)) return false;
    this.#goodHost = host;
    return true;
  }

  #passageOf(socket: Socket<Visitor>): Passage {
    const visitor = socket.data;
    if (visitor.passage !== undefined && !visitor.passage.isClosed) return visitor.passage;
    const passage = new Passage(socket, (port, isOpen) => {
      if (isOpen) this.#peers.set(port, visitor.peer);
      else this.#peers.delete(port);
    });
    visitor.passage = passage;
    const { hostname, port } = this.#options.inner;
    void passage.open(hostname, port);
    return passage;
  }

  #gone(socket: Socket<Visitor>): void {
    this.#visitors.delete(socket);
    socket.data.passage?.close();
  }

  #everySecond(): void {
    this.#tick++;
    this.#renewEnd();
    const oldest = this.#tick - this.#options.idleSeconds;
    for (const socket of this.#visitors) {
      if (socket.data.seen >= oldest) continue;
      const { passage } = socket.data;
      if (passage?.isBusy !== true) {
        if (socket.data.waiting === undefined) socket.end();
      }
      // While its far side lives, that has the say; after its end the visitor had time to read the last of it.
      else if (passage.isClosed) socket.terminate();
    }
  }

  #renewEnd(): void {
    const connection = this.#draining ? "Connection: close\r\n" : "";
    this.#lines = `${connection}Date: ${new Date().toUTCString()}\r\n`;
    this.#end = `${this.#lines}Content-Length: 0\r\n\r\n`;
    this.#options.quick.renew(this.#lines);
  }
}

/** A few turns of the event loop, each of which looks at the sockets. */
async function someTurns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await Bun.sleep(1);
}
