import { statfsSync, statSync } from "node:fs";
import { request } from "node:http";
import { openCommitter } from "../app.ts";
import { CurtProblem } from "../client/client.ts";
import type { Config } from "../config.ts";
import { StoreDamaged, StoreUnavailable } from "../core/store.ts";
import { adminKeyFile } from "../processes/admin-key.ts";
import { FolderLocked, lockData } from "../processes/lock.ts";
import { PortRefused, probePort } from "../processes/port.ts";
import { clientOf } from "./client.ts";
import { openToRead, storeExists } from "./open-store.ts";
import { CommandFailed } from "./shell.ts";

/** One thing that was looked at. `remedy`: what to do about it. */
export interface Finding {
  readonly check:
    | "settings"
    | "folder"
    | "key"
    | "space"
    | "lock"
    | "store"
    | "contents"
    | "clicks"
    | "index"
    | "backup"
    | "port"
    | "server";
  readonly ok: boolean;
  readonly message: string;
  readonly remedy?: string;
}

/** Less than this is too little to go on, in bytes. */
const leastSpace = 200e6;

/** The settings that were given, and where. A bad one has stopped the command before. */
export function checkSettings(config: Config): Finding {
  const given = Object.entries(config.sources).filter(([, source]) => source !== "default");
  const shown = given.map(([name, source]) => `${name} (${source})`).join(", ");
  return { check: "settings", ok: true, message: given.length === 0 ? "all by default" : shown };
}

/** The data folder and the admin key in it: nobody else may read them. */
export function checkFolder(config: Config): Finding[] {
  const folder = statSync(config.data, { throwIfNoEntry: false });
  if (folder === undefined)
    return [{ check: "folder", ok: true, message: `${config.data} is not there yet; the first start makes it` }];
  if (!folder.isDirectory())
    return [{ check: "folder", ok: false, message: `${config.data} is no folder`, remedy: "Name another: --data." }];
  const findings = [checkMode("folder", config.data, folder.mode, "700")];
  const key = statSync(adminKeyFile(config.data), { throwIfNoEntry: false });
  if (key !== undefined) findings.push(checkMode("key", adminKeyFile(config.data), key.mode, "600"));
  const { bavail, bsize } = statfsSync(config.data);
  const free = bavail * bsize;
  const message = `${Math.floor(free / 1e6)} MB free for ${config.data}`;
  findings.push(
    free >= leastSpace
      ? { check: "space", ok: true, message }
      : { check: "space", ok: false, message, remedy: "Make room." },
  );
  return findings;
}

function checkMode(check: "folder" | "key", path: string, mode: number, wanted: string): Finding {
  const shown = (mode & 0o777).toString(8);
  if ((mode & 0o077) === 0) return { check, ok: true, message: `${path} (mode ${shown})` };
  return {
    check,
    ok: false,
    message: `${path} is open to other users (mode ${shown})`,
    remedy: `chmod ${wanted} ${path}`,
  };
}

/** Who holds the data folder. */
export function checkLock(config: Config): { readonly finding: Finding; readonly held: boolean } {
  if (statSync(config.data, { throwIfNoEntry: false }) === undefined)
    return { held: false, finding: { check: "lock", ok: true, message: "nobody holds the data folder" } };
  try {
    lockData(config).release();
    return { held: false, finding: { check: "lock", ok: true, message: "nobody holds the data folder" } };
  } catch (error) {
    if (!(error instanceof FolderLocked)) throw error;
    const by = error.pid === undefined ? "another process" : `process ${error.pid}`;
    return { held: true, finding: { check: "lock", ok: true, message: `held by ${by}, which serves it` } };
  }
}

/** Whether the store's files are all that was committed. A server that holds them has looked when it started. */
export async function checkStore(config: Config, held: boolean): Promise<Finding> {
  if (config.store.kind !== "sqlite") return checkSharedStore(config);
  if (!storeExists(config)) return { check: "store", ok: true, message: "none yet; the first start makes it" };
  if (held) return { check: "store", ok: true, message: `${config.storePath}, opened by the server` };
  const lock = lockData(config);
  try {
    const committer = openCommitter(config);
    const commits = committer?.commits;
    await committer?.close();
    return { check: "store", ok: true, message: `${config.storePath}, ${commits} commits, as its mark says` };
  } catch (error) {
    if (error instanceof StoreDamaged) return { check: "store", ok: false, message: withoutAdvice(error.message) };
    throw error;
  } finally {
    lock.release();
  }
}

/** Whether the store's server can be asked, and has the schema of this Curt. */
async function checkSharedStore(config: Config): Promise<Finding> {
  try {
    await (await openToRead(config)).close();
    return { check: "store", ok: true, message: `${config.store.kind} answers, and has the schema of this Curt` };
  } catch (error) {
    if (error instanceof StoreUnavailable) return { check: "store", ok: false, message: withoutAdvice(error.message) };
    throw error;
  }
}

/** A damage without the advice to run what is running already, and without its full stop. */
export function withoutAdvice(message: string): string {
  return message.replaceAll(/\s*(Nothing was changed\. )?Run curt doctor[^.]*\./g, "").replace(/\.$/, "");
}

/** Whether the server answers, and believes our key; without a server, whether it could have its port. */
export async function checkServer(config: Config, held: boolean, signal: AbortSignal): Promise<Finding[]> {
  if (!held && config.sources.CURT_SERVER === "default") return [await checkPort(config)];
  const alive = await answers(`${config.server}/healthz`);
  if (alive !== 200) {
    const message = `${config.server} does not answer (${alive})`;
    const remedy = "See the server's log, or name its address: --server, or its --port and --host.";
    return [{ check: "server", ok: false, message, remedy }];
  }
  try {
    await clientOf(config, signal).links.list({ limit: 1 });
    return [{ check: "server", ok: true, message: `${config.server} answers, and takes our key` }];
  } catch (error) {
    if (!(error instanceof CommandFailed || error instanceof CurtProblem)) throw error;
    return [
      {
        check: "server",
        ok: false,
        message: error.message,
        remedy: "Give CURT_KEY, or the data folder of this server.",
      },
    ];
  }
}

async function checkPort(config: Config): Promise<Finding> {
  try {
    await probePort(config.host, config.port);
    return { check: "port", ok: true, message: `${config.host}:${config.port} is free; no server runs` };
  } catch (error) {
    if (error instanceof PortRefused) return { check: "port", ok: false, message: error.message };
    throw error;
  }
}

/** The status of an answer, or why there is none. */
function answers(url: string): Promise<number | string> {
  return new Promise((resolve) => {
    const asked = request(url, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.setTimeout(3000, () => asked.destroy(new Error("nothing within 3 s")));
    asked.on("error", (error) => resolve(error.message));
    asked.end();
  });
}

/** Whether the server takes visitors; one that does not answer within 2 s does not. */
export async function isReady(server: string): Promise<boolean> {
  try {
    const answer = await fetch(`${server}/readyz`, { signal: AbortSignal.timeout(2000), keepalive: false });
    return answer.status === 200;
  } catch {
    return false;
  }
}
