import type { Server } from "bun";
import { Door } from "./door.ts";
import { drainFor, drainLimit, lastBytes } from "./limits.ts";
import type { Quick } from "./quick.ts";

export interface EntranceOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly idleSeconds: number;
  readonly quick: Quick;
}

/** The door and the runtime's HTTP server behind it: who came through, and how both are left. */
export class Entrance {
  readonly #server: Server<undefined>;
  readonly #door: Door;

  /** Throws if the port can't be listened on; then the server is stopped too. */
  constructor(server: Server<undefined>, { host, port, idleSeconds, quick }: EntranceOptions) {
    this.#server = server;
    try {
      const inner = { hostname: server.hostname ?? "127.0.0.1", port: server.port ?? 0 };
      this.#door = new Door({ host, port, inner, quick, idleSeconds });
    } catch (error) {
      void server.stop(true);
      throw error;
    }
  }

  get port(): number {
    return this.#door.port;
  }

  /** Who is behind a request: it came through the door, or from somebody on this machine who found the way past it. */
  addressOf(request: Request): string {
    const inner = this.#server.requestIP(request);
    return inner === null ? "" : (this.#door.peerOf(inner.port) ?? inner.address);
  }

  /** Tells every visitor for a while that the connection ends, then stops; what was read by then is answered. */
  async drain(): Promise<void> {
    this.#door.drain();
    await Bun.sleep(drainFor);
    const until = performance.now() + drainLimit;
    await this.#door.stop(drainLimit);
    await Promise.race([this.#server.stop(), Bun.sleep(Math.max(0, until - performance.now()))]);
    await this.#door.close(lastBytes);
    await this.#server.stop(true);
  }

  /** Ends everything at once. */
  async cut(): Promise<void> {
    await this.#door.close(0);
    await this.#server.stop(true);
  }
}
