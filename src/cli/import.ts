import { createReadStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import type { Config } from "../config.ts";
import { FolderLocked } from "../lock.ts";
import { Client } from "./client.ts";
import { Refusals } from "./import-refusals.ts";
import { Rehearsal } from "./import-rehearsal.ts";
import { type Destination, type ImportRow, importRow, type Outcome, shortestDerived } from "./import-row.ts";
import { ServerDestination } from "./import-to-server.ts";
import { StoreDestination } from "./import-to-store.ts";
import { type OpenedStore, openToRead, openToWrite, storeExists } from "./open-store.ts";
import { plain, remark, say, sayJson } from "./output.ts";
import { type Progress, showProgress } from "./progress.ts";
import type { Row } from "./rows/columns.ts";
import { formatOf, type ImportFormat, importFormats, readRows } from "./rows/read.ts";
import { CommandFailed, type Context, complete, interruptCode, oneOfWords } from "./shell.ts";
import { ThreadCommitter } from "./thread-committer.ts";

interface ImportOptions {
  readonly format?: ImportFormat;
  readonly dryRun?: boolean;
  readonly report?: string;
}

/** Rows that are brought, and committed, together. */
const batchSize = 1000;

/** `curt import FILE`: brings the good rows in, names the bad ones, and can be repeated. */
export function define(command: Command): void {
  command
    .argument("<file>", "The file, or - for stdin.")
    .option("--format <format>", `${importFormats.join(", ")}; told by name and content if left out.`, formatOption)
    .option("--dry-run", "Check every row and write nothing.")
    .option("--report <file>", "Write the rows that stayed out, and why, to this file as JSON Lines.");
  complete(
    command,
    [
      "CURT_DATA",
      "CURT_STORE",
      "CURT_BASE_URL",
      "CURT_PORT",
      "CURT_HOST",
      "CURT_SLUGS",
      "CURT_SLUG_LENGTH",
      "CURT_SERVER",
      "CURT_KEY",
    ],
    (context) => bringAll(context, command.args[0] ?? "-", command.opts<ImportOptions>()),
  );
}

async function bringAll(context: Context, file: string, options: ImportOptions): Promise<number> {
  const input = await openInput(file, context.interrupted);
  const destination = await openDestination(context, options.dryRun === true);
  const refusals = new Refusals(options.report, context.json);
  const progress = showProgress("import", input.size);
  const run = new ImportRun(destination, refusals, progress, input);
  const ignored: string[] = [];
  try {
    const format = options.format ?? formatOf(file, input.beginning);
    const rows = readRows(format, input.chunks, (names) => ignored.push(...names));
    await run.bring(rows, context.interrupted);
  } catch (error) {
    if (!context.interrupted.aborted) throw error;
  } finally {
    progress.stop();
    refusals.close();
    await destination.close();
  }
  const { brought, there, out } = run;
  const interrupted = interruptCode();
  if (context.json)
    await sayJson({
      in: brought,
      there,
      out,
      ignored,
      dryRun: options.dryRun === true,
      whole: interrupted === undefined,
    });
  else {
    if (ignored.length > 0) remark(`Columns left out: ${ignored.map(plain).join(", ")}.`);
    const would = options.dryRun ? "would be " : "";
    await say(
      `${brought} ${would}in, ${there} already there, ${out} out${interrupted === undefined ? "" : " (stopped)"}`,
    );
  }
  return interrupted ?? (out > 0 ? 1 : 0);
}

/** Batches that are on their way at once: one is committed while the next is made ready. */
const mostUnderWay = 2;

/** Brings rows batch by batch. */
class ImportRun {
  brought = 0;
  there = 0;
  out = 0;
  #pending: ImportRow[] = [];
  readonly #underWay: Promise<void>[] = [];

  constructor(
    readonly destination: Destination,
    readonly refusals: Refusals,
    readonly progress: Progress,
    readonly input: Input,
  ) {}

  async bring(rows: AsyncIterable<Row[]>, interrupted: AbortSignal): Promise<void> {
    for await (const some of rows) {
      for (const row of some) {
        const checked = importRow(row);
        if ("refused" in checked) this.#count(checked.line, checked.refused);
        else this.#pending.push(checked);
        if (this.#pending.length >= batchSize) await this.#send();
        if (interrupted.aborted) break;
      }
      if (interrupted.aborted) break;
    }
    if (!interrupted.aborted) await this.#send();
    await Promise.all(this.#underWay);
  }

  async #send(): Promise<void> {
    const batch = this.#pending;
    this.#pending = [];
    if (this.#underWay.length >= mostUnderWay) await this.#underWay.shift();
    const delivery = this.#deliver(batch);
    // Whoever waits for it next meets the failure; until then it is not an unhandled one.
    delivery.catch(() => undefined);
    this.#underWay.push(delivery);
  }

  async #deliver(batch: readonly ImportRow[]): Promise<void> {
    if (batch.length === 0) return;
    const outcomes = await this.destination.bring(batch);
    for (const [i, { line }] of batch.entries())
      this.#count(line, outcomes[i] ?? { code: "internal", message: "Lost." });
    this.progress.update(this.input.read(), `${this.brought} in, ${this.there} there, ${this.out} out`);
  }

  #count(line: number, outcome: Outcome): void {
    if (outcome === "in") this.brought++;
    else if (outcome === "there") this.there++;
    else {
      this.out++;
      this.refusals.add(line, outcome);
    }
  }
}

interface Input {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** How it begins, to tell the format by. */
  readonly beginning: string;
  /** In bytes; 0: not known. */
  readonly size: number;
  /** How many bytes were read so far. */
  read(): number;
}

async function openInput(file: string, interrupted: AbortSignal): Promise<Input> {
  const stat = file === "-" ? undefined : statSync(file, { throwIfNoEntry: false });
  if (file !== "-" && stat === undefined) throw new CommandFailed(`There is no file ${file}.`);
  if (stat?.isDirectory()) throw new CommandFailed(`${file} is a folder.`);
  const source = file === "-" ? process.stdin : createReadStream(file, { highWaterMark: 65_536, signal: interrupted });
  const iterator = (source as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  let bytes = 0;
  const first = await iterator.next();
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let next = first; next.done !== true; next = await iterator.next()) {
      bytes += next.value.length;
      yield next.value;
    }
  }
  const beginning = first.done === true ? "" : new TextDecoder().decode(first.value.subarray(0, 65_536));
  return { chunks: chunks(), beginning, size: stat?.size ?? 0, read: () => bytes };
}

async function openDestination(context: Context, dryRun: boolean): Promise<Destination> {
  const { config } = context;
  const slugLength = Math.max(config.slugLength, shortestDerived);
  const opened = dryRun ? await openToRehearse(config) : await openOrUndefined(config);
  // The server that holds the store does the writing; what is there can be read beside it.
  const { app, close } = opened ?? (await openToRead(config));
  const byTarget = config.slugs === "hash" ? app.hash : undefined;
  const parts = { links: app.links, store: app.store.links, byTarget, slugLength, close };
  if (dryRun) return new Rehearsal(parts);
  if (opened !== undefined) return new StoreDestination(parts);
  return new ServerDestination(parts, new Client(config, context.interrupted));
}

/** `undefined`: a server holds the store. */
async function openOrUndefined(config: Config): Promise<OpenedStore | undefined> {
  try {
    return await openToWrite(config, ThreadCommitter.open);
  } catch (error) {
    if (error instanceof FolderLocked) return undefined;
    throw error;
  }
}

/** The store to look into, or an empty one for the time being where there is none. */
async function openToRehearse(config: Config): Promise<OpenedStore> {
  if (storeExists(config)) return openToRead(config);
  const data = mkdtempSync(join(tmpdir(), "curt-"));
  const { app, close } = await openToWrite({
    ...config,
    data,
    store: { kind: "sqlite", path: undefined },
    storePath: join(data, "curt.db"),
  });
  return { app, close: () => close().finally(() => rmSync(data, { recursive: true })) };
}

const formatOption = oneOfWords("--format", importFormats);
