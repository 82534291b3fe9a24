import { statSync } from "node:fs";
import type { Command } from "commander";
import type { Config } from "../../config.ts";
import { StoreDamaged } from "../../core/store.ts";
import { lockData } from "../../processes/lock.ts";
import { openCassandraStore } from "../../stores/cassandra/store.ts";
import { verifyClicks } from "../../stores/sql/clicks.ts";
import { verify } from "../../stores/sql/scrub.ts";
import { acceptClicks, acceptDatabase, clicksPath } from "../../stores/sql/start.ts";
import { backupsFolder, newestBackup } from "../backups.ts";
import {
  checkFolder,
  checkLock,
  checkServer,
  checkSettings,
  checkStore,
  type Finding,
  isReady,
  withoutAdvice,
} from "../doctor-checks.ts";
import { coloured, plain, say, sayJson } from "../output.ts";
import { showProgress } from "../progress.ts";
import { type Context, complete } from "../shell.ts";

/** Damages that are named one by one. */
const mostNamed = 10;

/** `curt doctor`: looks at everything, changes nothing, and says what to do about what is bad. */
export function define(command: Command): void {
  command.option(
    "--repair",
    "Go on with what is left of an embedded store that lacks the last commits; remove index rows of Cassandra that lead to no link.",
  );
  command.option("--ready", "Only ask the server whether it takes visitors: for whoever watches over it.");
  const settings = ["CURT_DATA", "CURT_STORE", "CURT_PORT", "CURT_HOST", "CURT_SERVER", "CURT_KEY"] as const;
  complete(command, settings, async (context) => {
    if (command.opts<{ ready?: boolean }>().ready === true) return askReady(context);
    const repairs = command.opts<{ repair?: boolean }>().repair === true;
    const findings = await examine(context, repairs);
    const ok = findings.every((finding) => finding.ok);
    if (context.json) await sayJson({ ok, findings });
    else for (const finding of findings) await say(lineOf(finding));
    return ok ? 0 : 1;
  });
}

/** Exit code 0 if the server takes visitors; within 2 s. */
async function askReady({ config, json }: Context): Promise<number> {
  const ready = await isReady(config.server);
  if (json) await sayJson({ ready });
  else await say(ready ? "ready" : "not ready");
  return ready ? 0 : 1;
}

function lineOf({ check, ok, message, remedy }: Finding): string {
  const verdict = ok ? coloured("ok ", "green") : coloured("bad", "red");
  return `${verdict} ${check.padEnd(8)} ${plain(remedy === undefined ? message : `${message}. ${remedy}`)}`;
}

async function examine(context: Context, repairs: boolean): Promise<Finding[]> {
  const { config } = context;
  const findings: Finding[] = [checkSettings(config), ...checkFolder(config)];
  const lock = checkLock(config);
  findings.push(lock.finding);
  const store = await checkStore(config, lock.held);
  const contents = await checkContents(context, lock.held);
  const clicks = await checkClicks(context, lock.held);
  const whole = contents === undefined ? false : contents.ok && clicks?.ok !== false;
  if (!store.ok && whole && repairs) findings.push(repaired(config, store.message));
  else
    findings.push(store.ok || config.store.kind !== "sqlite" ? store : { ...store, remedy: remedyFor(config, whole) });
  if (contents !== undefined) findings.push(contents.ok ? contents : { ...contents, remedy: remedyFor(config, false) });
  if (clicks !== undefined) findings.push(clicks.ok ? clicks : { ...clicks, remedy: remedyFor(config, false) });
  if (store.ok) findings.push(...(await checkIndexRows(context, repairs)));
  findings.push(lastBackup(config));
  findings.push(...(await checkServer(config, lock.held, context.interrupted)));
  return findings;
}

/** Every row, index and page of the database; `undefined` if there is none. */
async function checkContents({ config, interrupted }: Context, held: boolean): Promise<Finding | undefined> {
  const embedded = config.store.kind === "sqlite" && statSync(config.storePath, { throwIfNoEntry: false });
  if (!embedded) return undefined;
  const progress = showProgress("verify", 100);
  try {
    const damages = await verify(config.storePath, {
      // One long step, which would hold up nobody but us; the server checks its own pages in small ones.
      pages: !held,
      signal: interrupted,
      onProgress: (done, total) => progress.update(total === 0 ? 100 : (100 * done) / total, `${done} of ${total}`),
    });
    if (damages.length === 0) return { check: "contents", ok: true, message: "every row and index is whole" };
    return { check: "contents", ok: false, message: namesOf(damages.map(({ message }) => message)) };
  } finally {
    progress.stop();
  }
}

/** Every block of the counts of clicks; `undefined` if there are none yet. */
async function checkClicks({ config, interrupted }: Context, held: boolean): Promise<Finding | undefined> {
  const path = clicksPath(config.storePath);
  const there = config.store.kind === "sqlite" && statSync(path, { throwIfNoEntry: false });
  if (!there) return undefined;
  const progress = showProgress("clicks", 100);
  try {
    const damages = await verifyClicks(path, {
      pages: !held,
      signal: interrupted,
      onProgress: (done, total) => progress.update((100 * done) / total, `${done} of ${total}`),
    });
    if (damages.length === 0) return { check: "clicks", ok: true, message: "every block of counts is whole" };
    return { check: "clicks", ok: false, message: namesOf(damages) };
  } finally {
    progress.stop();
  }
}

/** Index rows of Cassandra that lead to no link. Nothing is wrong with any answer while they are there. */
async function checkIndexRows({ config, interrupted }: Context, repair: boolean): Promise<Finding[]> {
  if (config.store.kind !== "cassandra") return [];
  const progress = showProgress("index", 0);
  const store = await openCassandraStore({ url: config.store.url });
  try {
    const onProgress = (rows: number) => progress.update(0, `${rows} rows`);
    const { rows, dangling, removed, more } = await store.checkIndex({ repair, signal: interrupted, onProgress });
    const rest = more ? "; there are more, for another run" : "";
    if (removed > 0)
      return [{ check: "index", ok: true, message: `${removed} of ${rows} rows led to no link and are gone${rest}` }];
    if (dangling === 0) return [{ check: "index", ok: true, message: `${rows} rows, each of them a link's` }];
    const message = `${dangling} of ${rows} rows lead to no link: harmless, but lists read over them${rest}`;
    return [{ check: "index", ok: true, message: `${message}. curt doctor --repair removes them` }];
  } finally {
    progress.stop();
    await store.close();
  }
}

function namesOf(damages: readonly string[]): string {
  const named = damages.slice(0, mostNamed).map(withoutAdvice);
  const more = damages.length > mostNamed ? `; and ${damages.length - mostNamed} more` : "";
  return `${damages.length} damaged: ${named.join("; ")}${more}`;
}

function remedyFor(config: Config, whole: boolean): string {
  const newest = newestBackup(config);
  const restore =
    newest === undefined
      ? `There is no backup in ${backupsFolder(config)}; if there is one elsewhere: curt restore FOLDER.`
      : `curt restore brings back ${newest.folder} (${newest.links} links, ${newest.createdAt}).`;
  return whole ? `${restore} curt doctor --repair goes on with what is here, without what is missing.` : restore;
}

/** Makes the mark anew from what the database holds, and says what is given up. */
function repaired(config: Config, damage: string): Finding {
  const lock = lockData(config);
  try {
    const commits = acceptDatabase(config.storePath);
    if (statSync(clicksPath(config.storePath), { throwIfNoEntry: false })) acceptClicks(config.storePath);
    return { check: "store", ok: true, message: `Goes on with ${commits} commits. Given up: ${damage}` };
  } catch (error) {
    if (error instanceof StoreDamaged) return { check: "store", ok: false, message: error.message };
    throw error;
  } finally {
    lock.release();
  }
}

function lastBackup(config: Config): Finding {
  const newest = newestBackup(config);
  const message =
    newest === undefined
      ? "none in the data folder; curt backup makes one"
      : `${newest.folder}, ${newest.links} links, ${newest.createdAt}`;
  return { check: "backup", ok: true, message };
}
