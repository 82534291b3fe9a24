import { need } from "../install.ts";
import { freePort } from "../server.ts";
import { Daemon, privateFolder } from "./daemon.ts";

export interface MemcachedOptions {
  /** Arguments of memcached, such as `-m 1 -M` for one that refuses to write when it is full. */
  readonly args?: readonly string[];
}

/** A Memcached of its own on a private port, with 64 MB and one thread. It forgets everything when it is killed. */
export class Memcached extends Daemon {
  readonly port: number;

  constructor(options: MemcachedOptions = {}) {
    const port = freePort();
    const flags = ["-l", "127.0.0.1", "-p", `${port}`, "-U", "0", "-t", "1"];
    super({
      command: ["memcached", ...flags, ...(options.args ?? [])],
      folder: privateFolder("memcached"),
      ready: async () => (await ask(port, "version")).startsWith("VERSION"),
    });
    this.port = port;
  }

  /** Host and port. Several of them, with commas between, behind `memcached://` are what `CURT_CACHE` takes. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Sends a command of the text protocol (its data after `\r\n`) and gives the answer. Waits at most 2 s. */
  ask(command: string): Promise<string> {
    return ask(this.port, command);
  }
}

/** Several of them, as `CURT_CACHE` takes them. */
export function memcachedUrl(servers: readonly Memcached[]): string {
  return `memcached://${servers.map((one) => one.address).join(",")}`;
}

/** One command and its answer: a line, or the lines up to END. */
async function ask(port: number, command: string): Promise<string> {
  const done = Promise.withResolvers<string>();
  let text = "";
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(_, data) {
        text += data.toString("latin1");
        if (/^(?:(?:VALUE|STAT) [\s\S]*\r\nEND|(?!VALUE |STAT )[^\r]*)\r\n$/.test(text)) done.resolve(text.trimEnd());
      },
      close: () => done.reject(new Error(`Memcached closed the connection after ${JSON.stringify(text)}.`)),
      error: (_, error) => done.reject(error),
    },
  });
  const late = setTimeout(() => done.reject(new Error("Memcached does not answer.")), 2000);
  try {
    socket.write(`${command}\r\n`);
    return await done.promise;
  } finally {
    clearTimeout(late);
    socket.end();
  }
}

/** `count` of them, ready. End each with `stop`; they also end when this process does. */
export async function startMemcached(count = 1, options: MemcachedOptions = {}): Promise<Memcached[]> {
  if (!need("memcached")) throw new Error("Memcached is not installed.");
  const servers = Array.from({ length: count }, () => new Memcached(options));
  try {
    await Promise.all(servers.map((one) => one.start()));
    return servers;
  } catch (error) {
    await Promise.all(servers.map((one) => one.stop()));
    throw error;
  }
}
