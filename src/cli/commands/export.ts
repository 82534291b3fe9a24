import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import type { Command } from "commander";
import { clickIdOf } from "../../core/click.ts";
import { beginningOf, type ExportFormat, exportFormats, linesOf } from "../../http/api/link-rows.ts";
import { openToRead } from "../open-store.ts";
import { onTerminal, say, sayJson, write } from "../output.ts";
import { showProgress } from "../progress.ts";
import { CommandFailed, type Context, complete, oneOfWords } from "../shell.ts";

interface ExportOptions {
  readonly format?: ExportFormat;
}

/** Links that are read at once. */
const page = 1000;

/** `curt export`: all links, oldest first, to a file that appears when it is whole, or to stdout. */
export function define(command: Command): void {
  command
    .argument("[file]", "The file; stdout if left out or -.")
    .option("--format <format>", `${exportFormats.join(", ")}; told by the file's name if left out.`, formatOption);
  complete(command, ["CURT_DATA", "CURT_STORE"], (context) =>
    exportAll(context, command.args[0] ?? "-", command.opts<ExportOptions>()),
  );
}

async function exportAll(context: Context, file: string, options: ExportOptions): Promise<number> {
  const format = options.format ?? (/\.(jsonl|ndjson|json)$/i.test(file) || context.json ? "jsonl" : "csv");
  const { app, close } = await openToRead(context.config);
  const progress = showProgress("export", 0);
  try {
    const target =
      file === "-" ? { write, keep: async () => undefined, drop: async () => undefined } : await draft(file);
    let count = 0;
    try {
      await target.write(beginningOf(format));
      let cursor: string | null = null;
      do {
        const query = {
          words: [],
          tag: null,
          state: null,
          now: Date.now(),
          order: "oldest",
          limit: page,
          cursor,
        } as const;
        const { records, next }: Awaited<ReturnType<typeof app.links.list>> = await app.links.list(query);
        if (records.length > 0)
          await target.write(linesOf(format, records, await app.store.clicks.clicksOf(records.map(clickIdOf))));
        count += records.length;
        progress.update(count, `${count} links`);
        cursor = next;
        // The list answers without a pause; this lets Ctrl-C be heard.
        await Bun.sleep(0);
        context.interrupted.throwIfAborted();
      } while (cursor !== null);
      await target.keep();
    } catch (error) {
      await target.drop();
      throw error;
    }
    progress.stop();
    if (file === "-") return 0;
    if (context.json) await sayJson({ file, format, links: count });
    else if (onTerminal()) await say(`${count} links in ${file}`);
    return 0;
  } finally {
    progress.stop();
    await close();
  }
}

/** Written beside the file under another name: what is under the real name is always whole. */
async function draft(file: string) {
  const path = `${file}.${randomUUID().slice(0, 8)}.part`;
  let handle: FileHandle;
  try {
    handle = await open(path, "wx");
  } catch (error) {
    throw new CommandFailed(`${file} can't be written (${error instanceof Error ? error.message : String(error)}).`);
  }
  return {
    write: async (text: string) => {
      await handle.writeFile(text);
    },
    keep: async () => {
      await handle.sync();
      await handle.close();
      await rename(path, file);
    },
    drop: async () => {
      await handle.close();
      await rm(path, { force: true });
    },
  };
}

const formatOption = oneOfWords("--format", exportFormats);
