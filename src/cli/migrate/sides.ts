import { dirname, resolve } from "node:path";
import { openCommitter, openStore } from "../../app.ts";
import { type Config, readConfig } from "../../config.ts";
import { storeAddress, Unaccepted } from "../../config-values.ts";
import { type Frozen, freeze, frozenBy, thaw } from "../../core/freeze.ts";
import type { Store } from "../../core/store.ts";
import { makeFolder } from "../../processes/folder.ts";
import { type FolderLock, FolderLocked, lockData } from "../../processes/lock.ts";
import { clientOf } from "../client.ts";
import { refusing, storeExists } from "../open-store.ts";
import { CommandFailed, type Context, WrongUsage } from "../shell.ts";
import { patient } from "./patient.ts";

/** How a store is frozen: by writing to it, or through the server that holds it. */
export interface FreezeDoor {
  /** See `freeze` of `core/freeze.ts`. */
  freeze(by: string, expiresAt: number | null): Promise<Frozen>;
  thaw(): Promise<void>;
}

/** One of the two stores of a migration. */
export interface Side {
  readonly store: Store;
  /** The address without its password. */
  readonly shown: string;
  /** Nobody else can have it open. */
  readonly exclusive: boolean;
  readonly door: FreezeDoor;
  close(): Promise<void>;
}

/** The settings with another store. `flag` is named where the address is not accepted. Throws `WrongUsage`. */
export function configOf(config: Config, flag: string, address: string): Config {
  try {
    storeAddress(address);
  } catch (error) {
    if (error instanceof Unaccepted)
      throw new WrongUsage(`${flag}: got a value of ${address.length} characters, takes ${error.message}.`);
    throw error;
  }
  return readConfig({ ...config.raw, CURT_STORE: address }, {});
}

/** The address of a store as it may be printed. */
export function shownAddress({ store, storePath }: Config): string {
  if (store.kind === "sqlite") return `sqlite:${storePath}`;
  return store.url.replace(/:\/\/([^:@/]*):[^@/]*@/, "://$1:***@");
}

/** The folders of embedded stores that this command holds, each once. */
export class Folders {
  readonly #locks = new Map<string, FolderLock>();

  /** Throws `FolderLocked` while a server or another command holds it. */
  hold(config: Config): void {
    const folder = dirname(config.storePath);
    if (!this.#locks.has(folder)) this.#locks.set(folder, lockData({ data: folder, storePath: config.storePath }));
  }

  release(): void {
    for (const lock of this.#locks.values()) lock.release();
    this.#locks.clear();
  }
}

/** Opens the store to move into; makes an embedded one where there is none. Throws `CommandFailed` while a server holds it. */
export async function openTarget(config: Config, folders: Folders, { interrupted: signal }: Context): Promise<Side> {
  const shown = shownAddress(config);
  if (config.store.kind !== "sqlite") return openBare(config, shown, signal);
  makeFolder(dirname(config.storePath));
  try {
    folders.hold(config);
  } catch (error) {
    if (!(error instanceof FolderLocked)) throw error;
    throw new CommandFailed(`${shown} can't be moved into while it is in use. ${error.message}`);
  }
  return openBare(config, shown, signal);
}

/**
 * Opens the store to move from, or to thaw. An embedded one that a server holds is only read, and frozen through that
 * server. Throws `CommandFailed` if there is none.
 */
export async function openSource(config: Config, folders: Folders, context: Context): Promise<Side> {
  const shown = shownAddress(config);
  const signal = context.interrupted;
  if (!storeExists(config)) throw new CommandFailed(`There is no store at ${config.storePath}.`);
  if (config.store.kind !== "sqlite") return openBare(config, shown, signal);
  try {
    folders.hold(config);
  } catch (error) {
    if (!(error instanceof FolderLocked)) throw error;
    const { store } = await openStore(config, refusing);
    const door = serverDoor(context, store, shown);
    return { store: patient(store, signal), shown, exclusive: false, door, close: () => store.close() };
  }
  return openBare(config, shown, signal);
}

async function openBare(config: Config, shown: string, signal: AbortSignal): Promise<Side> {
  const committer = openCommitter(config);
  const { store } = await openStore(config, committer).catch(async (error: unknown) => {
    await committer?.close();
    throw error;
  });
  return {
    store: patient(store, signal),
    shown,
    exclusive: committer !== undefined,
    door: {
      freeze: (by, expiresAt) => freeze(store.registry, by, expiresAt),
      thaw: async () => void (await thaw(store.registry)),
    },
    close: async () => {
      await store.close();
      await committer?.close();
    },
  };
}

/** Goes through the server that the settings name, if it is the one that holds this store. */
function serverDoor(context: Context, store: Store, shown: string): FreezeDoor {
  // The freeze is lifted after Ctrl-C too.
  const client = clientOf(context.config, new AbortController().signal);
  const { server } = context.config;
  const otherServer = new CommandFailed(
    `${shown} is held by another server than ${server}. Name its address (--server), or stop it.`,
  );
  return {
    freeze: async (by, expiresAt) => {
      const time = expiresAt === null ? null : new Date(expiresAt).toISOString();
      const answered = await client.server.freeze(by, time);
      const until = answered.expiresAt;
      const frozen = { ...answered, expiresAt: until === null ? null : Date.parse(until) };
      const here = await frozenBy(store.registry);
      if (here?.by !== frozen.by || here.version < frozen.version) {
        if (frozen.by === by) await client.server.thaw();
        throw otherServer;
      }
      return frozen;
    },
    thaw: async () => {
      await client.server.thaw();
      if ((await frozenBy(store.registry)) !== undefined) throw otherServer;
    },
  };
}

/** Whether two settings name one embedded store. */
export function isSameFile(one: Config, other: Config): boolean {
  const embedded = one.store.kind === "sqlite" && other.store.kind === "sqlite";
  return embedded && resolve(one.storePath) === resolve(other.storePath);
}
