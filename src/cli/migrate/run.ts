import { frozenBy } from "../../core/freeze.ts";
import { CommandFailed } from "../shell.ts";
import { ClickCopy } from "./clicks.ts";
import { type CopyOptions, copyDocuments, copyLinks } from "./copy.ts";
import { type Digest, digestOf, firstDifference } from "./digest.ts";
import { Freezer } from "./freezer.ts";
import { Logbook, type Stage } from "./logbook.ts";
import { Replay } from "./replay.ts";
import type { Side } from "./sides.ts";

export interface MigrationOptions extends CopyOptions {
  readonly source: Side;
  readonly target: Side;
  /** For tests, which must fail with it: what changes during the copy is not copied. */
  readonly withoutReplay: boolean;
}

/** So many new changes in a round are few enough for the freeze. */
const fewChanges = 1000;
const mostRounds = 20;
/** From so long after a freeze on, in ms, every server refuses writes (they look at least once a second); */
const heardAfter = 2000;
/** so long after that, what they let through before has ended, well or badly. */
const writesEndAfter = 5000;
const pollEvery = 250;
/** Who still writes so long after a freeze, in ms, does not know of it. */
const mostSettling = 15_000;
/** How often the last steps begin again because something was still written. */
const mostAttempts = 5;
/** Documents that expire sooner than this, in ms, are copied, and not compared: one side may be read after they are gone. */
const comparedIfLasting = 3_600_000;

/** What a migration came to. */
export interface Migrated extends Digest {
  /** It had ended before, and nothing was done. */
  readonly before: boolean;
}

/** Moves all of the source into the target, compares them, and leaves the source frozen. Throws `CommandFailed`. */
export async function migrate(options: MigrationOptions): Promise<Migrated> {
  const { source, target } = options;
  const { book, stage, ended } = await Logbook.open(target.store, source.store.id, target.shown, options.signal);
  if (ended !== undefined) {
    // The target may have been served, and changed, since.
    if ((await frozenBy(source.store.registry))?.by === target.store.id) return { ...ended, before: true };
    throw new CommandFailed(
      `${target.shown} holds ${source.shown} as it was when it was moved; it was thawed since. Name an empty store with --to.`,
      "not_empty",
    );
  }
  const clicks = new ClickCopy(options);
  const replay = await copyWhileServed(options, book, stage, clicks);
  const freezer = new Freezer(source.door, target.store.id, source.shown);
  try {
    await freezer.begin();
    const digest = await finish(options, book, replay, freezer, clicks);
    await freezer.keep();
    await book.end(digest);
    return { ...digest, before: false };
  } catch (error) {
    await freezer.lift();
    throw error;
  }
}

/** Copies everything, and what changed meanwhile until little is left. Goes on where an earlier run ended. */
async function copyWhileServed(
  options: MigrationOptions,
  book: Logbook,
  found: Stage | undefined,
  clicks: ClickCopy,
): Promise<Replay> {
  let stage = found;
  for (;;) {
    stage ??= { phase: "links", feed: await presentOf(options), cursor: null };
    await copyLinks(options, book, stage);
    await clicks.pieces();
    const replay = new Replay(options.source.store, options.target.store, stage.feed, options.withoutReplay);
    for (let round = 0; round < mostRounds; round++) {
      options.signal.throwIfAborted();
      const count = await replay.round();
      if (count === "expired") break;
      await noteChanges(book, replay);
      if (count < fewChanges) return replay;
    }
    // The feed does not reach back to where the copy began, or the source is faster: once more, over what is there.
    stage = undefined;
  }
}

/** With the source frozen: copies the rest, and compares the two. */
async function finish(
  options: MigrationOptions,
  book: Logbook,
  replay: Replay,
  freezer: Freezer,
  clicks: ClickCopy,
): Promise<Digest> {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    await settle(options, replay, freezer);
    await noteChanges(book, replay);
    await copyDocuments(options, () => freezer.renew());
    await clicks.finish(() => freezer.renew());
    const digest = await compare(options, freezer);
    if ((await newChanges(replay)) > 0) continue;
    if (digest !== undefined) return digest;
    throw await differs(options, freezer);
  }
  throw stillWritten(options.source);
}

function stillWritten({ shown }: Side): CommandFailed {
  return new CommandFailed(
    `${shown} is still written to, though it is frozen. Is there an older Curt among its servers?`,
  );
}

/** Carries changes over until no write can be under way any more. */
async function settle({ source, signal }: MigrationOptions, replay: Replay, freezer: Freezer): Promise<void> {
  const latest = performance.now() + mostSettling;
  const heard = performance.now() + (source.exclusive ? 0 : heardAfter);
  const quietFor = source.exclusive ? 0 : writesEndAfter;
  for (let quietSince = heard; ; await Bun.sleep(pollEvery)) {
    signal.throwIfAborted();
    await freezer.renew();
    if ((await newChanges(replay)) > 0) quietSince = Math.max(heard, performance.now());
    else if (performance.now() - quietSince >= quietFor) return;
    if (performance.now() >= latest) throw stillWritten(source);
  }
}

async function newChanges(replay: Replay): Promise<number> {
  const count = await replay.round();
  if (count === "expired")
    throw new CommandFailed("More changed at once than the source remembers. Run the same again.");
  return count;
}

async function noteChanges(book: Logbook, replay: Replay): Promise<void> {
  const feed = replay.safeCursor;
  if (feed !== undefined) await book.write({ phase: "changes", feed, cursor: null });
}

/** What both stores hold, or `undefined` if that is not the same. */
async function compare(options: MigrationOptions, freezer: Freezer): Promise<Digest | undefined> {
  const { source, target, signal } = options;
  const bar = options.progress("compare");
  const lasting = Date.now() + comparedIfLasting;
  let count = 0;
  const onPage = async (more: number) => {
    count += more;
    bar.update(count, `${count} of both`);
    await freezer.renew();
  };
  try {
    const one = await digestOf(source.store, { signal, lasting, onPage });
    const other = await digestOf(target.store, { signal, lasting, onPage });
    return Bun.deepEquals(one, other) ? one : undefined;
  } finally {
    bar.stop();
  }
}

async function differs({ source, target, signal }: MigrationOptions, freezer: Freezer): Promise<CommandFailed> {
  const lasting = Date.now() + comparedIfLasting;
  const onPage = () => freezer.renew();
  const first = await firstDifference(source.store, target.store, { signal, lasting, onPage });
  const what = first === undefined ? "" : ` The first difference: ${first}.`;
  return new CommandFailed(
    `${target.shown} does not hold the same as ${source.shown}, which serves on.${what}`,
    "verification_failed",
  );
}

async function presentOf({ source }: MigrationOptions): Promise<string> {
  const page = await source.store.links.changes(null, 1);
  if (page === "expired") throw new CommandFailed(`${source.shown} does not tell what changes in it.`);
  return page.cursor;
}
