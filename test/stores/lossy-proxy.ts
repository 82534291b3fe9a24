import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "../server.ts";

/** A TCP proxy on 127.0.0.1 that can lose what the server answers, and cut all connections. */
export class LossyProxy {
  readonly port = freePort();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #losing = false;
  #trigger: string | undefined;

  constructor(target: number) {
    this.#server = createServer((client) => {
      const upstream = connect(target, "127.0.0.1");
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on("error", () => undefined);
        socket.on("close", () => {
          this.#sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
      }
      client.on("data", (bytes) => {
        if (this.#trigger !== undefined && bytes.includes(this.#trigger)) this.#losing = true;
        upstream.write(bytes);
      });
      upstream.on("data", (bytes) => {
        if (!this.#losing) client.write(bytes);
      });
    });
    this.#server.listen(this.port, "127.0.0.1");
  }

  /** From the first request with this text on answers are lost, until the next cut. */
  loseFrom(text: string): void {
    this.#trigger = text;
  }

  /** Ends all connections; new ones are served well. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#losing = false;
    this.#trigger = undefined;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}
