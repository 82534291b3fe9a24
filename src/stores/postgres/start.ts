import { SQL } from "bun";
import { StoreUnavailable, StoreUnfit } from "../../core/store.ts";
import type { Address } from "./address.ts";
import { identifier } from "./address.ts";
import type { PostgresMutants } from "./mutants.ts";
import { migrate } from "./schema.ts";

/** What the start found out about the server. */
export interface Prepared {
  /** Random, made with the schema. */
  readonly store: string;
  /** Settings that every connection begins with. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A migration waits for another node's, and may have much to do: in ms. */
const migrationLimit = 60_000;

/**
 * Connects once, looks whether the server keeps what is acknowledged, and makes or migrates the schema.
 * Throws `StoreUnavailable` whose message says in one line what is wrong and what to do.
 */
export async function prepare(address: Address, mutants: PostgresMutants): Promise<Prepared> {
  const settings = { application_name: "curt", search_path: identifier(address.schema) };
  const sql = new SQL({
    ...address.options,
    max: 1,
    connectionTimeout: 2,
    connection: { ...settings, statement_timeout: migrationLimit },
  });
  try {
    const synchronous = await checkServer(sql, address);
    const store = await migrate(sql, address, mutants);
    return { store, settings: { ...settings, synchronous_commit: mutants.includes("unsynced") ? "off" : synchronous } };
  } catch (error) {
    throw refusal(error, address);
  } finally {
    await sql.close({ timeout: 1 });
  }
}

interface ServerSettings {
  readonly number: number;
  readonly encoding: string;
  readonly fsync: string;
  readonly synchronous: string;
  readonly standby: boolean;
}

/** Gives the setting of `synchronous_commit` that keeps the promise: the server's own, if that is stronger than `on`. */
async function checkServer(sql: SQL, { shown, database }: Address): Promise<string> {
  const [found] = await sql<ServerSettings[]>`
    SELECT current_setting('server_version_num')::integer AS number, current_setting('server_encoding') AS encoding,
      current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous,
      pg_is_in_recovery() AS standby`;
  if (found === undefined) throw new StoreUnavailable(`${shown}: the server does not tell its settings.`);
  if (found.number < 130_000)
    throw new StoreUnfit(`${shown}: the server has version ${found.number / 10_000}; Curt takes 13 or newer.`);
  if (found.encoding !== "UTF8")
    throw new StoreUnfit(
      `${shown}: the database has encoding ${found.encoding}; Curt takes UTF8: CREATE DATABASE ${identifier(database)} ENCODING 'UTF8' TEMPLATE template0.`,
    );
  if (found.standby) throw new StoreUnfit(`${shown}: the server is a standby; Curt takes the primary.`);
  if (found.fsync !== "on")
    throw new StoreUnfit(`${shown}: the server has fsync = off and would lose links; set it to on.`);
  return found.synchronous === "remote_apply" ? "remote_apply" : "on";
}

/** The user, the database and its rights: they don't come by waiting. */
const lasting = new Set(["28P01", "28000", "3D000", "42501"]);

function refusal(error: unknown, address: Address): unknown {
  if (!(error instanceof SQL.PostgresError)) return error;
  const kind = lasting.has(error.errno ?? "") ? StoreUnfit : StoreUnavailable;
  return new kind(reason(error, address));
}

function reason(
  { errno, code, message }: SQL.PostgresError,
  { shown, server, user, database, schema }: Address,
): string {
  switch (errno) {
    case "28P01":
    case "28000":
      return `${shown}: user ${JSON.stringify(user)} was refused (${message}). Look at the user and the password in CURT_STORE, and at the server's pg_hba.conf.`;
    case "3D000":
      return `${shown}: there is no such database. Make it: CREATE DATABASE ${identifier(database)} OWNER ${identifier(user)}.`;
    case "42501":
      return `${shown}: user ${JSON.stringify(user)} may not make what Curt needs (${message}). Allow it: CREATE SCHEMA ${identifier(schema)} AUTHORIZATION ${identifier(user)}.`;
    case "53300":
      return `${shown}: the server has no connection left (${message}). Raise its max_connections, or stop what holds them.`;
    case "57P03":
      return `${shown}: the server is not ready yet (${message}). Start again in a moment.`;
    case undefined:
      return `${shown}: no answer from ${server} (${message}, ${code}). Look whether Postgres runs there and can be reached from here.`;
    default:
      return `${shown}: ${message} (${errno}).`;
  }
}
