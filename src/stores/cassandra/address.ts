/** Where the store is, taken apart from `cassandra://USER:PASSWORD@HOST:PORT,HOST:PORT/KEYSPACE?datacenter=D&replication=N`. */
export interface Address {
  /** Host and port of each node that is asked first; the others are heard of from these. */
  readonly nodes: readonly string[];
  /** The same on all nodes: what they tell of one another is without ports. */
  readonly port: number;
  readonly keyspace: string;
  readonly user: string | undefined;
  readonly password: string;
  /** As asked for; `undefined`: the one of the node that answers first. */
  readonly datacenter: string | undefined;
  /** As asked for; `undefined`: 3 for a new keyspace, and what an old one has. */
  readonly replication: number | undefined;
  /** The whole without user and password. */
  readonly shown: string;
}

const form = /^cassandra:\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?([^@/?#]+)\/([a-z][a-z0-9_]{0,47})(?:\?([^#]*))?$/;
const node = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** Takes an address apart; `undefined` if it is none. */
export function addressOf(url: string): Address | undefined {
  const found = form.exec(url);
  if (found === null) return undefined;
  const [, user, password = "", hosts = "", keyspace = "", query = ""] = found;
  const nodes = hosts.split(",").map((one) => (/:\d+$/.test(one) ? one : `${one}:9042`));
  const ports = new Set(nodes.map((one) => Number(/\d+$/.exec(one)?.[0])));
  const [port = 0] = ports;
  if (ports.size !== 1 || !nodes.every((one) => node.test(one))) return undefined;
  const options = new URLSearchParams(query);
  for (const [name, value] of options) {
    if (name === "datacenter" ? value === "" : name !== "replication" || !/^[1-9]$/.test(value)) return undefined;
  }
  const replication = options.get("replication");
  try {
    return {
      nodes,
      port,
      keyspace,
      user: user === undefined ? undefined : decodeURIComponent(user),
      password: decodeURIComponent(password),
      datacenter: options.get("datacenter") ?? undefined,
      replication: replication === null ? undefined : Number(replication),
      shown: `cassandra://${hosts}/${keyspace}`,
    };
  } catch {
    return undefined;
  }
}
