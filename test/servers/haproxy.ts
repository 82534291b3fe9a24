import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { configurationFor } from "../../deploy/processes/haproxy.ts";
import { need } from "../install.ts";
import { freePort } from "../server.ts";
import { Daemon, privateFolder } from "./daemon.ts";

export interface HaproxyOptions {
  /** Host and port of each node, `node1` first. */
  readonly nodes: readonly string[];
  /** Changes the configuration after its addresses, to show what a line is good for. */
  readonly edit?: (configuration: string) => string;
}

/** HAProxy with the configuration of `deploy/haproxy`; nothing but addresses and its user differ. */
export class Haproxy extends Daemon {
  readonly port: number;
  readonly #socket: string;

  constructor(options: HaproxyOptions) {
    const folder = privateFolder("haproxy");
    const port = freePort();
    const socket = join(folder, "admin.sock");
    const configuration = configurationFor({ bind: `127.0.0.1:${port}`, socket, nodes: options.nodes });
    const file = join(folder, "haproxy.cfg");
    writeFileSync(file, options.edit?.(configuration) ?? configuration);
    super({
      command: ["haproxy", "-db", "-f", file],
      folder,
      ready: async () => (await fetch(`http://127.0.0.1:${port}/healthz`, { keepalive: false })).status > 0,
    });
    this.port = port;
    this.#socket = socket;
  }

  /** Where visitors come to. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Sends a command to its admin socket, such as `set server curt/node1 state drain`, and gives the answer. */
  async command(line: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    let text = "";
    await Bun.connect({
      unix: this.#socket,
      socket: {
        open: (it) => void it.write(`${line}\n`),
        data(_, data) {
          text += data.toString();
        },
        close: () => resolve(text.trim()),
        error: (_, error) => reject(error),
      },
    });
    return promise;
  }

  /** What it holds of a node: UP, DOWN, DRAIN ... */
  async stateOf(node: string): Promise<string> {
    const rows = (await this.command("show stat")).replace(/^# /, "").split("\n");
    const status = rows[0]?.split(",").indexOf("status") ?? -1;
    const row = rows.map((line) => line.split(",")).find(([backend, server]) => backend === "curt" && server === node);
    return row?.[status] ?? "unknown";
  }
}

/** A load balancer that is ready. End it with `stop`; it also ends when this process does. */
export async function startHaproxy(options: HaproxyOptions): Promise<Haproxy> {
  if (!need("haproxy")) throw new Error("HAProxy is not installed.");
  const haproxy = new Haproxy(options);
  try {
    await haproxy.start();
    return haproxy;
  } catch (error) {
    await haproxy.stop();
    throw error;
  }
}
