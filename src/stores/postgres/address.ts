import type { SQL } from "bun";

/** Where the store is, taken apart from `postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=S&sslmode=M`. */
export interface Address {
  /** What connects. Every part is named, so that no `PG…` variable of the environment takes its place. */
  readonly options: SQL.PostgresOrMySQLOptions;
  readonly user: string;
  readonly database: string;
  readonly schema: string;
  /** The host and port as people write them. */
  readonly server: string;
  /** The whole without the password. */
  readonly shown: string;
}

export function addressOf(url: string): Address {
  const parts = new URL(url);
  const user = decodeURIComponent(parts.username) || "postgres";
  const database = decodeURIComponent(parts.pathname.slice(1));
  const schema = parts.searchParams.get("schema") ?? "curt";
  const hostname = parts.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = Number(parts.port || "5432");
  const server = `${parts.hostname}:${port}`;
  return {
    options: {
      adapter: "postgres",
      hostname,
      port,
      username: user,
      password: decodeURIComponent(parts.password),
      database,
      tls: (parts.searchParams.get("sslmode") ?? "prefer") as "prefer",
    },
    user,
    database,
    schema,
    server,
    shown: `postgres://${server}/${database}`,
  };
}

/** A name as SQL writes it. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
