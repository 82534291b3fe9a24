import { StoreDamaged } from "../../../core/store.ts";
import { textSum } from "../checksum.ts";
import { type FullLinkRow, recordOf } from "../rows.ts";
import { indexedTerms, partBits, partCode, partOf, termsOf } from "../terms.ts";
import type { Scope } from "./scope.ts";

/**
 * The words of each part of the word index are those of its rows. From the sum of the checksums of a link's words each
 * word that the index holds for it is taken away: what is not 0 in the end is damaged. A part is read as of one moment,
 * which keeps the log from being begun anew: `breathe` gets at most 5 ms inside and the rest of the pauses between parts.
 */
export async function checkWords(
  scope: Scope,
  slice: number,
  pause: number,
  breathe: (ms: number) => Promise<void>,
): Promise<void> {
  const { connection } = scope;
  connection.use(() => connection.db.run("CREATE VIRTUAL TABLE temp.entries USING fts5vocab(main, words, instance)"));
  const rows = connection.prepare<FullLinkRow, [number, number, number]>(
    "SELECT id, host, slug, doc, sum FROM links NOT INDEXED WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
  );
  const entries = connection.prepare<{ term: string; doc: number }, [string, string]>(
    "SELECT term, doc FROM temp.entries WHERE term >= ? AND term < ?",
  );
  const lastId = connection.prepare<{ id: number | null }, []>("SELECT max(id) AS id FROM links");
  const size = 2 ** partBits;
  for (let part = 0; part <= partOf(lastId.get()?.id ?? 0); part++) {
    const first = part * size;
    const sums = new Float64Array(size);
    await connection.hold(async () => {
      for (let from = first, seen = slice; seen === slice; ) {
        const found = rows.all(from, first + size, slice);
        for (const row of found) sums[row.id - first] = wordSum(row, connection.path);
        seen = found.length;
        from = (found.at(-1)?.id ?? from) + 1;
        await breathe(Math.min(pause, 5));
      }
      let seen = 0;
      for (const { term, doc } of entries.iterate(partCode(part), partCode(part + 1))) {
        const index = doc - first;
        if (index >= 0 && index < size) sums[index] = (sums[index] ?? 0) - textSum(term);
        else reportWords(scope, doc);
        if (++seen % (10 * slice) === 0) await breathe(Math.min(pause, 5));
      }
    });
    for (const [index, sum] of sums.entries()) {
      if (sum !== 0 && !Number.isNaN(sum)) reportWords(scope, first + index);
    }
    await breathe(pause * 100);
  }
}

function reportWords(scope: Scope, id: number): void {
  scope.report("words", `the word index does not hold exactly the words of the link of id ${id}.`, true);
}

/** The sum of the checksums of what the index must hold for a row; not a number for a damaged row, told elsewhere. */
function wordSum(row: FullLinkRow, path: string): number {
  try {
    const { words } = termsOf(recordOf(row, row, path));
    return indexedTerms(row.id, { words, tokens: [] }).reduce((sum, term) => sum + textSum(term), 0);
  } catch (error) {
    if (error instanceof StoreDamaged) return Number.NaN;
    throw error;
  }
}
