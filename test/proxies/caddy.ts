import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../server.ts";
import { Daemon, privateFolder } from "../servers/daemon.ts";
import type { ProxyOptions } from "./suite.ts";

const deployed = join(import.meta.dir, "..", "..", "deploy", "caddy", "Caddyfile");

/**
 * Caddy with the configuration of `deploy/caddy`; nothing but addresses and the place of its files differ, and the
 * authority its certificate is of: its own, since no other can reach a test.
 */
export class Caddy extends Daemon {
  readonly url: string;
  readonly #folder: string;

  constructor({ nodes, edit }: ProxyOptions) {
    const folder = privateFolder("caddy");
    const [port, plain] = [freePort(), freePort()];
    const own = `admin off\n\tstorage file_system ${folder}/storage\n\tskip_install_trust\n\tlocal_certs\n\thttp_port ${plain}`;
    const text = readFileSync(deployed, "utf8")
      .replace(/^\{\n/m, `{\n\t${own}\n`)
      .replace(/^go\.example\.com \{/m, `https://localhost:${port} {\n\tbind 127.0.0.1`)
      .replace("10.0.0.1:5000 10.0.0.2:5000", nodes.join(" "));
    const file = join(folder, "Caddyfile");
    writeFileSync(file, edit?.(text) ?? text);
    const url = `https://localhost:${port}`;
    super({
      command: ["env", `HOME=${folder}`, "caddy", "run", "--adapter", "caddyfile", "--config", file],
      folder,
      ready: async () => (await fetch(`${url}/healthz`, { keepalive: false, tls: { ca: this.ca } })).status === 200,
    });
    this.url = url;
    this.#folder = folder;
  }

  /** The certificate of its authority. */
  get ca(): string {
    return readFileSync(join(this.#folder, "storage/pki/authorities/local/root.crt"), "utf8");
  }
}
