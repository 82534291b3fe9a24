import type { ExportQuery } from "../../../client/client.ts";
import { api } from "../api/api.ts";
import { save } from "../ui/save.ts";

export type ExportFormat = "csv" | "jsonl";

/** Counts the rows of a file as it arrives; a line end within quotes is none of them. */
class Rows {
  count = 0;
  #quoted = false;

  constructor(readonly format: ExportFormat) {}

  add(piece: Uint8Array): void {
    for (const byte of piece) {
      if (byte === 0x22 && this.format === "csv") this.#quoted = !this.#quoted;
      else if (byte === 0x0a && !this.#quoted) this.count++;
    }
  }
}

/**
 * Hands links to the person as a file, and gives how many are in it. The browser keeps the parts of a large file on disk.
 * What breaks off is no file: throws `CurtProblem`.
 */
export async function exportLinks(
  { format = "csv", ...which }: ExportQuery,
  progress: (n: number) => void = () => undefined,
): Promise<number> {
  const rows = new Rows(format);
  const links = () => Math.max(0, rows.count - (format === "csv" ? 1 : 0));
  let whole = new Blob();
  let parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const piece of api.links.export({ ...which, format })) {
    rows.add(piece);
    parts.push(piece);
    size += piece.length;
    progress(links());
    if (size < 4_000_000) continue;
    whole = new Blob([whole, ...parts]);
    [parts, size] = [[], 0];
  }
  const name = `curt-${new Date().toISOString().slice(0, 10)}.${format}`;
  save([whole, ...parts], name, format === "csv" ? "text/csv" : "application/x-ndjson");
  return links();
}
