import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What the load balancer of a stack is configured by, but for its addresses. */
export const deployed = join(import.meta.dir, "..", "haproxy", "haproxy.cfg");

export interface Addresses {
  readonly bind: string;
  readonly socket: string;
  readonly nodes: readonly string[];
}

/**
 * The deployed configuration, or another that was made of it, with other addresses and without the user that only root can
 * become.
 */
export function configurationFor({ bind, socket, nodes }: Addresses, file = deployed): string {
  const lines = readFileSync(file, "utf8").split("\n");
  const text = lines.filter((line) => !/^\s+(user|group|server) /.test(line)).join("\n");
  const servers = nodes
    .flatMap((address, i) => [
      `    server node${i + 1} ${address}`,
      `    server node${i + 1}-anyway ${address} backup no-check`,
    ])
    .join("\n");
  return `${text.replace("bind :80", `bind ${bind}`).replace("/run/haproxy/curt.sock mode", `${socket} mode`)}\n${servers}\n`;
}
