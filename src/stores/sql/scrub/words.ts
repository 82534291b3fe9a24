import { StoreDamaged } from "../../../core/store.ts";
import { textSum } from "../checksum.ts";
import { type FullLinkRow, recordOf } from "../rows.ts";
import { indexedTerms, partBits, partCode, partOf, termsOf, tokenRange } from "../terms.ts";
import type { Scope } from "./scope.ts";

/** So many links' tokens are compared in one pass over all tokens, in 16 MB. */
const tokenLinks = 2 ** 21;

/** A run of ids, and the run of terms in the index that belongs to them. */
interface Run {
  readonly first: number;
  readonly size: number;
  readonly terms: readonly [from: string, to: string];
  readonly kind: "words" | "tokens";
}

/**
 * What the word index holds for each link is what its row says. From the sum of the checksums of a link's terms each
 * term that the index holds for it is taken away: what is not 0 in the end is damaged. The words of one part and the
 * tokens of many links are each read as of one moment, which keeps the log from being begun anew: `breathe` gets at most
 * 5 ms inside and the rest of the pauses in between.
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

  const checkRun = async ({ first, size, terms, kind }: Run) => {
    const sums = new Float64Array(size);
    await connection.hold(async () => {
      for (let from = first, seen = slice; seen === slice; ) {
        const found = rows.all(from, first + size, slice);
        for (const row of found) sums[row.id - first] = termSum(row, kind, connection.path);
        seen = found.length;
        from = (found.at(-1)?.id ?? from) + 1;
        await breathe(Math.min(pause, 5));
      }
      let seen = 0;
      for (const { term, doc } of entries.iterate(...terms)) {
        const index = doc - first;
        if (index >= 0 && index < size) sums[index] = (sums[index] ?? 0) - textSum(term);
        else if (kind === "words") report(scope, doc);
        if (++seen % (20 * slice) === 0) await breathe(Math.min(pause, 5));
      }
    });
    for (const [index, sum] of sums.entries()) {
      if (sum !== 0 && !Number.isNaN(sum)) report(scope, first + index);
    }
    await breathe(pause * 100);
  };

  const last = () => lastId.get()?.id ?? 0;
  for (let part = 0; part <= partOf(last()); part++) {
    const size = 2 ** partBits;
    await checkRun({ first: part * size, size, terms: [partCode(part), partCode(part + 1)], kind: "words" });
  }
  for (let first = 0; first <= last(); first += tokenLinks) {
    const size = Math.min(tokenLinks, last() + 1 - first);
    await checkRun({ first, size, terms: tokenRange, kind: "tokens" });
  }
}

function report(scope: Scope, id: number): void {
  scope.report("words", `the word index does not hold exactly what the link of id ${id} is found by.`, true);
}

/** The sum of the checksums of what the index must hold for a row; not a number for a damaged row, told elsewhere. */
function termSum(row: FullLinkRow, kind: "words" | "tokens", path: string): number {
  try {
    const terms = termsOf(recordOf(row, row, path));
    const held = kind === "words" ? { ...terms, tokens: [] } : { ...terms, words: [] };
    return new Set(indexedTerms(row.id, held)).values().reduce((sum, term) => sum + textSum(term), 0);
  } catch (error) {
    if (error instanceof StoreDamaged) return Number.NaN;
    throw error;
  }
}
