import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { type App, openApp, openCommitter } from "../app.ts";
import type { Config } from "../config.ts";
import { StoreUnavailable } from "../core/store.ts";
import { FolderLocked, lockData } from "../processes/lock.ts";
import { markPath } from "../stores/sql/mark.ts";
import type { Committer } from "../stores/sql/operation.ts";
import { CommandFailed } from "./shell.ts";

/** The store, opened by a command. */
export interface OpenedStore {
  readonly app: App;
  close(): Promise<void>;
}

/** For what is done to files: throws `CommandFailed` if the store is no file. */
export function assertEmbedded(config: Config): void {
  if (config.store.kind !== "sqlite")
    throw new CommandFailed(
      `CURT_STORE is ${config.store.kind}, which has tools of its own for this; here it is the embedded store's.`,
    );
}

/** Whether there is a store, or what is left of one. */
export function storeExists(config: Config): boolean {
  if (config.store.kind !== "sqlite") return true;
  return [config.storePath, markPath(config.storePath)].some((path) => statSync(path, { throwIfNoEntry: false }));
}

/**
 * Opens the store to write, and holds the data folder until `close`. Makes folder and store where there are none.
 * `open` makes the one writer. Throws `FolderLocked` while a server holds it, `StoreDamaged` naming the damage.
 */
export async function openToWrite(
  config: Config,
  open: (config: Config) => Committer | undefined | Promise<Committer> = openCommitter,
): Promise<OpenedStore> {
  if (config.store.kind !== "sqlite") return openShared(config);
  mkdirSync(config.data, { recursive: true, mode: 0o700 });
  mkdirSync(dirname(config.storePath), { recursive: true, mode: 0o700 });
  const lock = lockData(config);
  let committer: Committer | undefined;
  const release = async () => {
    await committer?.close();
    lock.release();
  };
  try {
    committer = await open(config);
    const app = await openApp(config, { committer, announce: async () => undefined });
    const close = async () => {
      await app.close();
      await release();
    };
    return { app, close };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Opens a store that servers and commands may use at the same time. */
async function openShared(config: Config): Promise<OpenedStore> {
  const app = await openApp(config, { committer: undefined, announce: async () => undefined });
  return { app, close: () => app.close() };
}

/**
 * Opens the store to read, while a server holds it too: then the server has looked at its files when it started.
 * Otherwise they are looked at here, so that damage is named and never read over. Throws `CommandFailed` if there is
 * no store, `StoreDamaged` naming the damage.
 */
export async function openToRead(config: Config): Promise<OpenedStore> {
  if (!storeExists(config))
    throw new CommandFailed(`There is no store at ${config.storePath}. Is the data folder right (--data, CURT_DATA)?`);
  try {
    return await openToWrite(readingConfig(config));
  } catch (error) {
    if (!(error instanceof FolderLocked)) throw error;
    const app = await openApp(readingConfig(config), { committer: refusing, announce: async () => undefined });
    return { app, close: () => app.close() };
  }
}

/** Who only reads makes no slugs; strategy `counter` would want its secret written at once. */
function readingConfig(config: Config): Config {
  return { ...config, slugs: "random", slugLength: 7 };
}

/** For whoever only reads. */
export const refusing: Committer = {
  commit: () => Promise.reject(new StoreUnavailable("The store was opened to read.")),
  close: () => Promise.resolve(),
};
