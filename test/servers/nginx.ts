import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { need } from "../install.ts";
import { freePort } from "../server.ts";
import { Daemon, privateFolder } from "./daemon.ts";

export interface NginxOptions {
  /** What stands in its `server` block. By default each path is a redirect to the same address. */
  readonly server?: string;
  /** What stands beside it in `http`, such as a `map`. */
  readonly http?: string;
  /** Worker processes (1). */
  readonly workers?: number;
  /** How long a start may take, in ms: a large map takes long. */
  readonly startLimit?: number;
}

/** An nginx of its own without logs, to compare speeds with. */
export class Nginx extends Daemon {
  readonly port: number;

  constructor(options: NginxOptions = {}) {
    const folder = privateFolder("nginx");
    const port = freePort();
    const { server = "location / { return 302 https://example.com/; }", http = "", workers = 1 } = options;
    const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    const temporary = kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(" ");
    const file = join(folder, "nginx.conf");
    writeFileSync(
      file,
      `daemon off; pid ${folder}/pid; worker_processes ${workers}; error_log stderr;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; ${temporary}
  ${http}
  server { listen 127.0.0.1:${port} backlog=4096; ${server} }
}
`,
    );
    super({
      command: ["nginx", "-p", folder, "-e", "stderr", "-c", file],
      folder,
      ready: async () =>
        (await fetch(`http://127.0.0.1:${port}/`, { keepalive: false, redirect: "manual" })).status > 0,
      ...(options.startLimit === undefined ? {} : { startLimit: options.startLimit }),
    });
    this.port = port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }
}

/** An nginx that is ready. End it with `stop`; it also ends when this process does. */
export async function startNginx(options: NginxOptions = {}): Promise<Nginx> {
  if (!need("nginx")) throw new Error("nginx is not installed.");
  const nginx = new Nginx(options);
  try {
    await nginx.start();
    return nginx;
  } catch (error) {
    await nginx.stop();
    throw error;
  }
}
