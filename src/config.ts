// Long because the one table of settings is in it.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import {
  address,
  type CacheAddress,
  cacheAddress,
  flag,
  httpUrl,
  integer,
  list,
  longText,
  oneOf,
  type Parser,
  type StoreAddress,
  storeAddress,
  text,
  Unaccepted,
  webOrigin,
} from "./config-values.ts";
import { type RedirectStatus, redirectStatuses } from "./core/link.ts";
import { type SettingSource, settingSources } from "./core/shown-setting.ts";

/** Ways to break a mechanism, so that its test can be seen to fail. Never set one outside a test. */
export const mutants = [
  "answer-first",
  "synchronous-normal",
  "no-broadcast",
  "no-mark",
  "no-row-checksum",
  "no-drain",
  "no-breaker",
  "no-replay",
  "no-hearing",
  "no-telling",
  "no-freeze",
  "no-catch-up",
  "unconditional",
  "position-first",
  "no-batch-numbers",
  "clerk-dies",
  "blind-limit",
  "no-origin-check",
  "no-history",
  "deaf-filter",
] as const;
export type Mutant = (typeof mutants)[number];

/** A setting as the table below has it. */
export interface Setting<T> {
  readonly parse: Parser<T>;
  /** As a user would write it; `undefined`: no value unless one is given. */
  readonly fallback: string | undefined;
  /** How the default is shown where it is computed. */
  readonly shown: string;
  readonly meaning: string;
  /** May also come from the file that `NAME_FILE` names, and is never printed. */
  readonly secret: boolean;
}

function withDefault<T>(parse: Parser<T>, fallback: string, meaning: string, shown = fallback): Setting<T> {
  return { parse, fallback, shown, meaning, secret: false };
}

function optional<T>(parse: Parser<T>, shown: string, meaning: string, secret = false): Setting<T | undefined> {
  return { parse, fallback: undefined, shown, meaning, secret };
}

const parallelism = process.platform === "darwin" ? 1 : availableParallelism();
const logLevels = ["debug", "info", "warn", "error", "silent"] as const;

/** The one table of settings: parsing, types, `--help` and `docs/configure.md` come from it. */
export const settings = {
  CURT_PORT: withDefault(integer(1, 65535), "5000", "The port it listens on."),
  CURT_HOST: withDefault(address, "127.0.0.1", "The address it listens on."),
  CURT_BASE_URL: optional(httpUrl, "http://localhost:PORT", "How short links are printed."),
  CURT_DATA: withDefault(text, "./data", "The folder of the embedded store, its backups and the admin key."),
  CURT_STORE: {
    ...withDefault(
      storeAddress,
      "sqlite",
      "Where links are kept: `sqlite` (in the data folder), `sqlite:PATH`, `postgres://USER:PASSWORD@HOST:PORT/DATABASE` or `cassandra://USER:PASSWORD@HOST:PORT,HOST:PORT/KEYSPACE`.",
    ),
    secret: true,
  },
  CURT_STORE_WAIT: withDefault(
    integer(0, 3600),
    "60",
    "How long a start waits for a Postgres or a Cassandra that can't be reached yet, in seconds.",
  ),
  CURT_CACHE: {
    ...withDefault(
      cacheAddress,
      "none",
      "A shared cache in front of the store: `none`, `redis://HOST[,REPLICA…]` (`rediss://` for TLS, `:PASSWORD@` before and `/DB` after the hosts) or `memcached://HOST[,HOST…]`.",
    ),
    secret: true,
  },
  CURT_WORKERS: withDefault(
    integer(1, 256),
    String(parallelism),
    "How many processes answer requests.",
    "one per CPU (macOS: 1)",
  ),
  CURT_ADMIN_KEY: optional(longText(16), "made at first start", "A key with every right, 16 characters or more.", true),
  CURT_PUBLIC_CREATE: withDefault(flag, "false", "Anyone may create links, limited in rate."),
  CURT_SLUGS: withDefault(oneOf(["random", "counter", "hash"]), "random", "How slugs are made."),
  CURT_SLUG_LENGTH: optional(
    integer(1, 20),
    "random 7, counter 1",
    "The length that made slugs begin with; `hash` always begins with 12.",
  ),
  CURT_REDIRECT_STATUS: withDefault(
    oneOf(redirectStatuses.map(String)),
    "302",
    `The status of a redirect whose link names none: ${redirectStatuses.join(", ")}.`,
  ),
  CURT_RATE_LIMIT: withDefault(
    integer(0, 10_000_000),
    "0",
    "Requests a minute to the API for each key, each session and each address without one, in each worker; 0: no limit.",
  ),
  CURT_UNKNOWN_LIMIT: withDefault(
    integer(0, 10_000_000),
    "1200",
    "Unknown slugs a minute that one address may ask a shared store for, in each worker, before it gets 429 for what is not in memory; 0: no limit. The embedded store needs none.",
  ),
  CURT_CORS_ORIGINS: withDefault(
    list(webOrigin),
    "",
    "Origins, as in `https://app.example.com`, whose pages may use the API with a key, with commas between.",
    "none",
  ),
  CURT_TRUSTED_PROXIES: withDefault(
    list(address),
    "",
    "Addresses whose forwarding headers are believed, with commas between.",
    "none",
  ),
  CURT_CLICKS: withDefault(flag, "true", "Whether redirects are counted."),
  CURT_GEO: optional(
    text,
    "the bundled DB-IP City Lite",
    "A file in MaxMind's format that tells where visitors are; `none`: it is not asked.",
  ),
  CURT_LOG: withDefault(
    oneOf(logLevels),
    "info",
    `The least level that is logged (${logLevels.join(", ")}); JSON lines when not on a terminal.`,
  ),
  CURT_TRACES: optional(
    httpUrl,
    "none",
    "An OpenTelemetry collector that takes OTLP over HTTP, as in `http://localhost:4318`, to which traces go of what memory can't answer.",
  ),
  CURT_SERVER: optional(httpUrl, "the one on this machine", "The server that the link commands talk to."),
  CURT_KEY: optional(longText(1), "the admin key of the data folder", "The key that the link commands show.", true),
  CURT_MUTANT: withDefault(
    list(oneOf(mutants)),
    "",
    `For tests only: breaks the mechanisms named (${mutants.join(", ")}).`,
    "none",
  ),
};

export type SettingName = keyof typeof settings;
type Values = { readonly [K in SettingName]: ReturnType<(typeof settings)[K]["parse"]> };

/** The settings as the program uses them: checked, with computed defaults filled in. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly baseUrl: string;
  /** Absolute. */
  readonly data: string;
  readonly store: StoreAddress;
  /** Absolute path of the embedded store's file, for a `store` of kind `sqlite`. */
  readonly storePath: string;
  /** How long a start waits for a store that is another server, in ms. */
  readonly storeWait: number;
  readonly cache: CacheAddress;
  readonly workers: number;
  readonly adminKey: string | undefined;
  readonly publicCreate: boolean;
  readonly slugs: "random" | "counter" | "hash";
  readonly slugLength: number;
  readonly redirectStatus: RedirectStatus;
  readonly rateLimit: number;
  readonly unknownLimit: number;
  readonly corsOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly countClicks: boolean;
  /** `undefined`: the bundled one. */
  readonly geo: string | undefined;
  readonly log: (typeof logLevels)[number];
  /** Address of a collector of traces, without `/v1/traces`. */
  readonly traces: string | undefined;
  readonly server: string;
  readonly key: string | undefined;
  readonly mutants: readonly Mutant[];
  /** Where each value came from, for whoever wonders. */
  readonly sources: Readonly<Record<SettingName, SettingSource>>;
  /** The values as text, to hand to a child process as its environment. Contains secrets. */
  readonly raw: Readonly<Record<string, string>>;
}

/** A setting that stops the start; its message is the one line to print. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** The flag of a setting: `CURT_BASE_URL` is `--base-url`. */
export function flagOf(name: string): string {
  return `--${name.slice("CURT_".length).toLowerCase().replaceAll("_", "-")}`;
}

/**
 * Reads the settings. A flag wins over the environment, the environment over a `NAME_FILE`.
 * Throws `ConfigError` for an unknown `CURT_` name or a value that is not accepted.
 */
export function readConfig(flags: Readonly<Partial<Record<SettingName, string>>> = {}, env = process.env): Config {
  for (const name of Object.keys(env)) if (name.startsWith("CURT_")) refuseUnknown(name);

  const raw: Record<string, string> = {};
  const sources = {} as Record<SettingName, Config["sources"][SettingName]>;
  const values = {} as Record<string, unknown>;
  for (const [name, one] of Object.entries(settings) as [SettingName, Setting<unknown>][]) {
    const [source, found] = textOf(name, one, flags, env);
    sources[name] = source;
    if (found === undefined) continue;
    if (source !== "default") raw[name] = found;
    values[name] = parsed(name, one, found, source === "flag");
  }
  return assemble(values as Values, raw, { ...sources, ...handedDown(env[sourcesName]) });
}

function handedDown(text: string | undefined): Partial<Config["sources"]> {
  try {
    const given = JSON.parse(text ?? "{}") as Record<string, SettingSource>;
    const known = Object.entries(given).filter(([name, source]) => name in settings && settingSources.includes(source));
    return Object.fromEntries(known) as Partial<Config["sources"]>;
  } catch {
    return {};
  }
}

/** Tells a child process where the settings that it finds in its environment came from. */
const sourcesName = "SETTINGS_CAME_FROM";

/** The environment for a child process that must see the same settings. */
export function childEnvironment(config: Config): Record<string, string> {
  const plain = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith("CURT_"),
  );
  return { ...Object.fromEntries(plain), ...config.raw, [sourcesName]: JSON.stringify(config.sources) };
}

function embeddedPath(store: StoreAddress, data: string): string {
  return store.kind === "sqlite" && store.path !== undefined ? resolve(store.path) : join(data, "curt.db");
}

function refuseUnknown(name: string): void {
  if (name in settings) return;
  const secretName = name.replace(/_FILE$/, "");
  const secret = secretName in settings && settings[secretName as SettingName].secret;
  if (name.endsWith("_FILE") && secret) return;
  throw new ConfigError(`${name} is not a setting. Known: ${Object.keys(settings).join(", ")}.`);
}

function textOf(
  name: SettingName,
  one: Setting<unknown>,
  flags: Readonly<Partial<Record<SettingName, string>>>,
  env: Readonly<Record<string, string | undefined>>,
): [Config["sources"][SettingName], string | undefined] {
  const flagged = flags[name];
  if (flagged !== undefined) return ["flag", flagged];
  const direct = env[name];
  if (direct !== undefined) return ["environment", direct];
  const file = one.secret ? env[`${name}_FILE`] : undefined;
  if (file === undefined) return ["default", one.fallback];
  try {
    return ["file", readFileSync(file, "utf8").trim()];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${name}_FILE: can't read ${JSON.stringify(file)} (${reason}).`);
  }
}

function parsed(name: SettingName, one: Setting<unknown>, found: string, fromFlag: boolean): unknown {
  try {
    return one.parse(found);
  } catch (error) {
    if (!(error instanceof Unaccepted)) throw error;
    const shown = one.secret ? `a value of ${found.length} characters` : JSON.stringify(found);
    throw new ConfigError(`${fromFlag ? flagOf(name) : name}: got ${shown}, takes ${error.message}.`);
  }
}

function assemble(values: Values, raw: Config["raw"], sources: Config["sources"]): Config {
  const data = resolve(values.CURT_DATA);
  const shortest = { random: 7, counter: 1, hash: 12 }[values.CURT_SLUGS];
  if (values.CURT_SLUGS === "hash" && values.CURT_SLUG_LENGTH !== undefined)
    throw new ConfigError(`CURT_SLUG_LENGTH: got "${values.CURT_SLUG_LENGTH}", takes nothing with CURT_SLUGS=hash.`);
  const localHost = values.CURT_HOST.includes(":") ? `[${values.CURT_HOST}]` : values.CURT_HOST;
  const reachable = /^(0\.0\.0\.0|\[::\])$/.test(localHost) ? "127.0.0.1" : localHost;
  return {
    port: values.CURT_PORT,
    host: values.CURT_HOST,
    baseUrl: values.CURT_BASE_URL ?? `http://localhost:${values.CURT_PORT}`,
    data,
    store: values.CURT_STORE,
    storePath: embeddedPath(values.CURT_STORE, data),
    storeWait: values.CURT_STORE_WAIT * 1000,
    cache: values.CURT_CACHE,
    // Only Linux shares a port fairly: on macOS one process would get every visitor.
    workers: process.platform === "darwin" ? 1 : values.CURT_WORKERS,
    adminKey: values.CURT_ADMIN_KEY,
    publicCreate: values.CURT_PUBLIC_CREATE,
    slugs: values.CURT_SLUGS,
    slugLength: values.CURT_SLUG_LENGTH ?? shortest,
    redirectStatus: Number(values.CURT_REDIRECT_STATUS) as RedirectStatus,
    rateLimit: values.CURT_RATE_LIMIT,
    unknownLimit: values.CURT_UNKNOWN_LIMIT,
    corsOrigins: values.CURT_CORS_ORIGINS,
    trustedProxies: values.CURT_TRUSTED_PROXIES,
    countClicks: values.CURT_CLICKS,
    geo: values.CURT_GEO,
    log: values.CURT_LOG,
    traces: values.CURT_TRACES,
    server: values.CURT_SERVER ?? `http://${reachable}:${values.CURT_PORT}`,
    key: values.CURT_KEY,
    mutants: values.CURT_MUTANT,
    sources,
    raw,
  };
}
