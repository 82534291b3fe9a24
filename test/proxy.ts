import type { Socket, TCPSocketListener } from "bun";
import { freePort } from "./server.ts";

/**
 * What happens to bytes on their way: `pass`; `cut` (connections are closed and new ones refused); `blackhole` (accepts
 * and never answers, connections there are fall silent); `garbage` (whatever comes is answered with rubbish).
 */
export type Weather = "pass" | "cut" | "blackhole" | "garbage";

interface Pair {
  readonly client: Socket<unknown>;
  server: Socket<unknown> | undefined;
  closed: boolean;
  /** The last write to each side, so that delayed pieces keep their order. */
  toServer: Promise<void>;
  toClient: Promise<void>;
}

/** A TCP proxy of our own in front of any server, whose weather a test makes. Counts what went through. */
export class TcpProxy {
  readonly port: number = freePort();
  /** Connections accepted so far, bytes towards the server, bytes towards the client (rubbish too). */
  readonly counts = { connections: 0, sent: 0, received: 0 };
  /** Added to each piece in each direction, in ms. May be changed at any time. */
  delay = 0;
  readonly #target: { hostname: string; port: number };
  readonly #pairs = new Set<Pair>();
  #listener: TCPSocketListener | undefined;
  #weather: Weather = "pass";

  /** In front of `address`, a host and port such as `127.0.0.1:6379`. */
  constructor(address: string) {
    const { hostname, port } = new URL(`tcp://${address}`);
    this.#target = { hostname, port: Number(port) };
    this.#listen();
  }

  /** Host and port of the proxy itself. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#pairs.size;
  }

  get weather(): Weather {
    return this.#weather;
  }

  /** Changes the weather, for connections there are too. What fell into a black hole is lost. */
  set weather(weather: Weather) {
    this.#weather = weather;
    if (weather === "cut") {
      this.#listener?.stop(true);
      this.#listener = undefined;
      this.drop();
    } else if (this.#listener === undefined) this.#listen();
  }

  /** Closes every connection, and lets new ones in. */
  drop(): void {
    for (const pair of [...this.#pairs]) this.#close(pair);
  }

  stop(): void {
    this.weather = "cut";
  }

  #listen(): void {
    const pairs = new Map<Socket<unknown>, Pair>();
    this.#listener = Bun.listen({
      hostname: "127.0.0.1",
      port: this.port,
      socket: {
        open: (client) => {
          this.counts.connections++;
          const pair: Pair = {
            client,
            server: undefined,
            closed: false,
            toServer: Promise.resolve(),
            toClient: Promise.resolve(),
          };
          pairs.set(client, pair);
          this.#pairs.add(pair);
          pair.toServer = this.#connect(pair);
        },
        data: (client, data) => {
          const pair = pairs.get(client);
          if (pair !== undefined) this.#fromClient(pair, Buffer.from(data));
        },
        close: (client) => {
          const pair = pairs.get(client);
          pairs.delete(client);
          if (pair !== undefined) this.#closeInTurn(pair, pair.toServer);
        },
      },
    });
  }

  async #connect(pair: Pair): Promise<void> {
    try {
      pair.server = await Bun.connect({
        ...this.#target,
        socket: {
          data: (_, data) => this.#fromServer(pair, Buffer.from(data)),
          close: () => this.#closeInTurn(pair, pair.toClient),
        },
      });
      if (pair.closed) pair.server.terminate();
    } catch {
      this.#close(pair);
    }
  }

  #fromClient(pair: Pair, data: Buffer): void {
    if (this.#weather === "garbage") {
      const rubbish = crypto.getRandomValues(Buffer.alloc(64));
      pair.toClient = this.#write(() => pair.client, rubbish, pair.toClient, pair);
      this.counts.received += rubbish.length;
    } else if (this.#weather === "pass") {
      this.counts.sent += data.length;
      pair.toServer = this.#write(() => pair.server, data, pair.toServer, pair);
    }
  }

  #fromServer(pair: Pair, data: Buffer): void {
    if (this.#weather !== "pass") return;
    this.counts.received += data.length;
    pair.toClient = this.#write(() => pair.client, data, pair.toClient, pair);
  }

  /** Writes after what came before, `delay` ms after it arrived; goes on as long as the other side takes nothing. */
  async #write(to: () => Socket<unknown> | undefined, data: Buffer, before: Promise<void>, pair: Pair): Promise<void> {
    const due = performance.now() + this.delay;
    await before;
    const wait = due - performance.now();
    if (wait > 0) await Bun.sleep(wait);
    let done = 0;
    while (!pair.closed && done < data.length) {
      done += Math.max(0, to()?.write(data.subarray(done)) ?? 0);
      if (done < data.length) await Bun.sleep(1);
    }
  }

  /** One side has ended: the other one gets what is on its way, and then its end. */
  #closeInTurn(pair: Pair, onItsWay: Promise<void>): void {
    if (this.#weather === "blackhole") return;
    void onItsWay.then(() => this.#close(pair));
  }

  #close(pair: Pair): void {
    pair.closed = true;
    this.#pairs.delete(pair);
    pair.client.terminate();
    pair.server?.terminate();
  }
}
