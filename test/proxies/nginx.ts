import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../server.ts";
import { Daemon, privateFolder } from "../servers/daemon.ts";
import type { ProxyOptions } from "./suite.ts";

const deployed = join(import.meta.dir, "..", "..", "deploy", "nginx", "nginx.conf");

/** nginx with the configuration of `deploy/nginx`; nothing but addresses, places of files and its user differ. */
export class NginxProxy extends Daemon {
  readonly url: string;
  readonly ca = undefined;

  constructor({ nodes, edit }: ProxyOptions) {
    const folder = privateFolder("nginx-proxy");
    const port = freePort();
    const lines = readFileSync(deployed, "utf8").split("\n");
    const [first = ""] = lines.filter((line) => line.includes("server 10.0.0."));
    const text = lines
      .filter((line) => !/^user |server 10\.0\.0\.2/.test(line))
      .join("\n")
      .replace(first, nodes.map((node) => first.replace("10.0.0.1:5000", node)).join("\n"))
      .replace("listen 80;", `listen 127.0.0.1:${port};`)
      .replace("pid /run/nginx.pid;", `daemon off;\npid ${folder}/pid;`)
      .replace("/var/log/nginx/error.log warn", "stderr warn");
    const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    const temporary = kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(" ");
    const file = join(folder, "nginx.conf");
    writeFileSync(file, (edit?.(text) ?? text).replace("http {", `http {\n    ${temporary}`));
    const url = `http://127.0.0.1:${port}`;
    super({
      command: ["nginx", "-p", folder, "-e", "stderr", "-c", file],
      folder,
      ready: async () => (await fetch(`${url}/healthz`, { keepalive: false })).status > 0,
    });
    this.url = url;
  }
}
