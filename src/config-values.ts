/** Reads a setting's text. Throws `Unaccepted` saying what is accepted; the caller adds the name and what was found. */
export type Parser<T> = (text: string) => T;

export class Unaccepted extends Error {}

export const text: Parser<string> = (value) => {
  if (value === "") throw new Unaccepted("a text that is not empty");
  return value;
};

export function longText(least: number): Parser<string> {
  return (value) => {
    if (value.length < least) throw new Unaccepted(`at least ${least} characters`);
    return value;
  };
}

export function integer(least: number, most: number): Parser<number> {
  return (value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= least && number <= most)) throw new Unaccepted(`a whole number from ${least} to ${most}`);
    return number;
  };
}

export const flag: Parser<boolean> = (value) => {
  if (value === "true" || value === "1") return true;
  if (value === "false" || value === "0") return false;
  throw new Unaccepted("true or false");
};

export function oneOf<const T extends string>(accepted: readonly T[]): Parser<T> {
  return (value) => {
    const found = accepted.find((one) => one === value);
    if (found === undefined) throw new Unaccepted(`one of ${accepted.join(", ")}`);
    return found;
  };
}

/** Several values with commas between; empty is none. */
export function list<T>(one: Parser<T>): Parser<readonly T[]> {
  return (value) =>
    value
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "")
      .map((part) => one(part));
}

/** A host name or an IP address, without a port. */
export const address: Parser<string> = (value) => {
  if (!/^[A-Za-z0-9.:-]+$/.test(value)) throw new Unaccepted("an IP address or a host name without a port");
  return value;
};

/** The origin of a web page: scheme, host and port. */
export const webOrigin: Parser<string> = (value) => {
  if (!URL.canParse(value) || !/^https?:/.test(value) || new URL(value).origin !== value)
    throw new Unaccepted("origins as browsers send them, such as https://app.example.com");
  return value;
};

/** An http or https address without query or fragment, returned without the slash at its end. */
export const httpUrl: Parser<string> = (value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.search !== "" ||
    url.hash !== "" ||
    url.username !== "" ||
    url.password !== ""
  )
    throw new Unaccepted("an address such as https://go.example.com");
  return url.href.replace(/\/+$/, "");
};

/** Which shared cache, and where; of Redis one address for each server, the primary first. */
export type CacheAddress =
  | { readonly kind: "none" }
  | { readonly kind: "redis"; readonly urls: readonly string[] }
  | { readonly kind: "memcached"; readonly servers: readonly { readonly host: string; readonly port: number }[] };

const cacheForms =
  "none, redis://HOST[,REPLICA…] (rediss:// for TLS; :PASSWORD@ and /DB as usual) or memcached://HOST[,HOST…]";

export const cacheAddress: Parser<CacheAddress> = (value) => {
  if (value === "none") return { kind: "none" };
  const [, scheme = "", user = "", hosts = "", db = ""] =
    /^(rediss?|memcached):\/\/([^/@]*@)?([^/@]+)(\/\d{1,5})?\/?$/.exec(value) ?? [];
  const memcached = scheme === "memcached";
  const servers = hosts.split(",").map((one) => hostAndPort(one, memcached ? 11211 : 6379));
  if (scheme === "" || (memcached && `${user}${db}` !== "")) throw new Unaccepted(cacheForms);
  const names = servers.map(({ host, port }) => `${host}:${port}`);
  if (new Set(names).size < names.length) throw new Unaccepted("each server once");
  if (memcached)
    return {
      kind: "memcached",
      servers: servers.map(({ host, port }) => ({ host: host.replace(/^\[|\]$/g, ""), port })),
    };
  return { kind: "redis", urls: names.map((name) => `${scheme}://${user}${name}${db}`) };
};

function hostAndPort(text: string, usual: number): { host: string; port: number } {
  const [, host, port] = /^([\w.-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (host === undefined || Number(port ?? 1) < 1 || Number(port ?? 1) > 65535) throw new Unaccepted(cacheForms);
  return { host, port: port === undefined ? usual : Number(port) };
}

/** Which store, and where; a relative path is taken from the folder Curt was started in. */
export type StoreAddress =
  | { readonly kind: "sqlite"; readonly path: string | undefined }
  /** Both contain the password. */
  | { readonly kind: "postgres"; readonly url: string }
  | { readonly kind: "cassandra"; readonly url: string };

export const storeAddress: Parser<StoreAddress> = (value) => {
  if (value === "sqlite") return { kind: "sqlite", path: undefined };
  if (value.startsWith("sqlite:") && value.length > "sqlite:".length)
    return { kind: "sqlite", path: value.slice("sqlite:".length) };
  if (/^postgres(ql)?:/.test(value)) return { kind: "postgres", url: postgresUrl(value) };
  if (value.startsWith("cassandra:")) return { kind: "cassandra", url: cassandraUrl(value) };
  throw new Unaccepted(
    "sqlite, sqlite:PATH, postgres://USER:PASSWORD@HOST:PORT/DATABASE or cassandra://HOST:PORT,HOST:PORT/KEYSPACE",
  );
};

const sslModes = ["disable", "prefer", "require", "verify-ca", "verify-full"];

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function postgresUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (
    url === undefined ||
    !isDecodable(url.username + url.password + url.pathname) ||
    url.hostname === "" ||
    !/^\/[^/]+$/.test(url.pathname) ||
    url.hash !== ""
  )
    throw new Unaccepted("postgres://USER:PASSWORD@HOST:PORT/DATABASE; in a password, %40 stands for @ and %2F for /");
  for (const [name, found] of url.searchParams) {
    if (name === "sslmode" ? !sslModes.includes(found) : name !== "schema" || !/^[a-z_][a-z0-9_]{0,62}$/.test(found))
      throw new Unaccepted(`?schema= with lower-case letters, digits and _, and &sslmode= with ${sslModes.join(", ")}`);
  }
  return url.href;
}

const cassandraForm =
  /^cassandra:\/\/(?:([^:@/?#]*(?::[^@/?#]*)?)@)?([A-Za-z0-9._:[\],-]+)\/[a-z][a-z0-9_]{0,47}(?:\?([^#]*))?$/;
const cassandraNode = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** Several hosts are no URL, so it is taken apart by hand. */
function cassandraUrl(value: string): string {
  const [, user = "", nodes = "", query = ""] = cassandraForm.exec(value) ?? [];
  const ports = nodes.split(",").map((node) => /:(\d+)$/.exec(node)?.[1] ?? "9042");
  if (new Set(ports).size > 1) throw new Unaccepted("the same port for every host of cassandra://");
  if (!isDecodable(user) || !nodes.split(",").every((node) => cassandraNode.test(node)))
    throw new Unaccepted(
      "cassandra://USER:PASSWORD@HOST:PORT,HOST:PORT/KEYSPACE with a keyspace of lower-case letters, digits and _; in a password, %40 stands for @ and %2F for /",
    );
  for (const [name, found] of new URLSearchParams(query)) {
    if (name === "replication" ? !/^[1-9]$/.test(found) : name !== "datacenter" || found === "")
      throw new Unaccepted("?datacenter= with a name, and &replication= with a number of copies from 1 to 9");
  }
  return value;
}
