import { createReadStream, statSync } from "node:fs";
import { CommandFailed } from "../shell.ts";

/** What an import reads. */
export interface Input {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** How it begins, to tell the format by. */
  readonly beginning: string;
  /** In bytes; 0: not known. */
  readonly size: number;
  /** How many bytes were read so far. */
  read(): number;
}

/** Opens a file, or stdin for `-`. Throws `CommandFailed` if there is none; reading throws once `interrupted` is. */
export async function openInput(file: string, interrupted: AbortSignal): Promise<Input> {
  const stat = file === "-" ? undefined : statSync(file, { throwIfNoEntry: false });
  if (file !== "-" && stat === undefined) throw new CommandFailed(`There is no file ${file}.`);
  if (stat?.isDirectory()) throw new CommandFailed(`${file} is a folder.`);
  const source = file === "-" ? process.stdin : createReadStream(file, { highWaterMark: 65_536 });
  const iterator = (source as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  let bytes = 0;
  const aborted = new Promise<never>((_, reject) => {
    interrupted.addEventListener("abort", () => reject(new Error("Interrupted.")), { once: true });
  });
  aborted.catch(() => undefined);
  // A pipe may have nothing to say for long: Ctrl-C must not wait for it.
  const next = () => Promise.race([iterator.next(), aborted]);
  const first = await next();
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let some = first; some.done !== true; some = await next()) {
      bytes += some.value.length;
      yield some.value;
    }
  }
  const beginning = first.done === true ? "" : new TextDecoder().decode(first.value.subarray(0, 65_536));
  return { chunks: chunks(), beginning, size: stat?.size ?? 0, read: () => bytes };
}
