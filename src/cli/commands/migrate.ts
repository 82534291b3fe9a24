import type { Command } from "commander";
import { type MigrationOptions, migrate } from "../migrate/run.ts";
import { configOf, Folders, isSameFile, openSource, openTarget, type Side } from "../migrate/sides.ts";
import { remark, say, sayJson } from "../output.ts";
import { showProgress } from "../progress.ts";
import { type Context, complete, WrongUsage } from "../shell.ts";

interface Addresses {
  readonly from?: string;
  readonly to?: string;
  readonly thaw?: string;
}

/** `curt migrate`: moves everything into an empty store of any engine, and leaves the old one frozen. */
export function define(command: Command): void {
  command
    .option("--from <store>", "The store to move from, as CURT_STORE takes it; CURT_STORE if left out.")
    .option("--to <store>", "The store to move into: an empty one, or one that an earlier run began to fill.")
    .option("--thaw <store>", "Let a store that was moved from be changed again; moves nothing.");
  complete(command, ["CURT_DATA", "CURT_SERVER", "CURT_KEY"], (context) => {
    const { from, to, thaw } = command.opts<Addresses>();
    if (thaw !== undefined) {
      if (from !== undefined || to !== undefined)
        throw new WrongUsage("--thaw: takes no --from and no --to beside it.");
      return thawStore(context, thaw);
    }
    if (to === undefined) throw new WrongUsage("--to: is missing. It takes a store as CURT_STORE does.");
    return moveStore(context, from ?? context.config.raw.CURT_STORE ?? "sqlite", to);
  });
}

async function moveStore(context: Context, from: string, to: string): Promise<number> {
  const started = performance.now();
  const sourceConfig = configOf(context.config, "--from", from);
  const targetConfig = configOf(context.config, "--to", to);
  if (isSameFile(sourceConfig, targetConfig)) throw sameStore();
  const folders = new Folders();
  const open: Side[] = [];
  try {
    const source = await openSource(sourceConfig, folders, context);
    open.push(source);
    const target = await openTarget(targetConfig, folders, context);
    open.push(target);
    if (source.store.id === target.store.id) throw sameStore();
    const options: MigrationOptions = {
      source,
      target,
      signal: context.interrupted,
      progress: (label) => showProgress(label, 0),
      withoutReplay: context.config.mutants.includes("no-catch-up"),
    };
    const { before, links, marks, documents, checksum } = await migrate(options);
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    const [shownFrom, shownTo] = [source.shown, target.shown];
    if (context.json) {
      await sayJson({ from: shownFrom, to: shownTo, before, links, marks, documents, checksum, seconds });
      return 0;
    }
    const moved = before ? "were moved before" : `moved and compared in ${seconds} s`;
    await say(`${links} links, ${marks} marks of deleted ones and ${documents} documents ${moved}.`);
    remark(`Checksum of both: ${checksum}. ${shownFrom} takes no more changes; \`curt migrate --thaw\` lifts that.`);
    remark(`Now restart the servers with CURT_STORE=${shownTo}`);
    return 0;
  } finally {
    for (const side of open.reverse()) await side.close();
    folders.release();
  }
}

async function thawStore(context: Context, address: string): Promise<number> {
  const folders = new Folders();
  try {
    const side = await openSource(configOf(context.config, "--thaw", address), folders, context);
    try {
      await side.door.thaw();
    } finally {
      await side.close();
    }
    if (context.json) await sayJson({ thawed: side.shown });
    else await say(`${side.shown} takes changes again.`);
    return 0;
  } finally {
    folders.release();
  }
}

function sameStore(): WrongUsage {
  return new WrongUsage("--to: is the store that --from names. It takes another one.");
}
