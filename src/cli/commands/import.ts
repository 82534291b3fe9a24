import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import type { Config } from "../../config.ts";
import { FolderLocked } from "../../processes/lock.ts";
import { clientOf } from "../client.ts";
import { openInput } from "../import/input.ts";
import { Refusals } from "../import/refusals.ts";
import { Rehearsal } from "../import/rehearsal.ts";
import { type Destination, shortestDerived } from "../import/row.ts";
import { ImportRun } from "../import/run.ts";
import { ThreadCommitter } from "../import/thread-committer.ts";
import { ServerDestination } from "../import/to-server.ts";
import { StoreDestination } from "../import/to-store.ts";
import { type OpenedStore, openToRead, openToWrite, storeExists } from "../open-store.ts";
import { plain, remark, say, sayJson } from "../output.ts";
import { showProgress } from "../progress.ts";
import { formatOf, type ImportFormat, importFormats, readRows } from "../rows/read.ts";
import { type Context, complete, oneOfWords } from "../shell.ts";

interface ImportOptions {
  readonly format?: ImportFormat;
  readonly dryRun?: boolean;
  readonly report?: string;
}

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
  const run = new ImportRun(
    destination,
    (line, outcome) => refusals.add(line, outcome),
    ({ brought, there, out }) => progress.update(input.read(), `${brought} in, ${there} there, ${out} out`),
  );
  const ignored: string[] = [];
  let failure: unknown;
  try {
    const format = options.format ?? formatOf(file, input.beginning);
    const rows = readRows(format, input.chunks, (names) => ignored.push(...names));
    await run.bring(rows, context.interrupted);
  } catch (error) {
    failure = error;
  } finally {
    progress.stop();
    refusals.close();
    await destination.close();
  }
  const { brought, there, out } = run;
  const whole = failure === undefined;
  const dryRun = options.dryRun === true;
  if (ignored.length > 0 && !context.json) remark(`Columns left out: ${ignored.map(plain).join(", ")}.`);
  if (context.json) await sayJson({ in: brought, there, out, ignored, dryRun, whole });
  else if (whole || brought + there > 0)
    await say(
      `${brought} ${dryRun ? "would be " : ""}in, ${there} already there, ${out} out${whole ? "" : " (stopped)"}`,
    );
  if (failure !== undefined) throw failure;
  return out > 0 ? 1 : 0;
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
  return new ServerDestination(parts, clientOf(config, context.interrupted));
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
