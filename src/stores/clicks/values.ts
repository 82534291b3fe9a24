import { dimensionCount } from "./keys.ts";

/** What clicks can be told apart by, as a number for each dimension; 0 is "". */
export type Row = readonly number[];

/** The values of each dimension that are being worked with, numbered. */
export class Values {
  readonly #ids: readonly Map<string, number>[] = Array.from({ length: dimensionCount }, () => new Map([["", 0]]));
  readonly #texts: readonly string[][] = Array.from({ length: dimensionCount }, () => [""]);
  /** How many there are. */
  size = 0;

  id(dimension: number, text: string): number {
    const ids = this.#ids[dimension];
    const known = ids?.get(text);
    if (known !== undefined) return known;
    const texts = this.#texts[dimension] ?? [];
    const id = texts.length;
    // Text from a visitor may be half of a pair, which no file can hold.
    const well = text.toWellFormed();
    if (well !== text) return this.id(dimension, well);
    texts.push(text);
    ids?.set(text, id);
    this.size++;
    return id;
  }

  text(dimension: number, id: number): string {
    return this.#texts[dimension]?.[id] ?? "";
  }

  row(values: readonly string[]): Row {
    const row: number[] = [];
    for (let dimension = 0; dimension < dimensionCount; dimension++)
      row.push(this.id(dimension, values[dimension] ?? ""));
    return row;
  }

  values(row: Row): string[] {
    return row.map((id, dimension) => this.text(dimension, id));
  }
}

/** The rows of the arrays of texts that a process adds again and again. Nobody changes such an array once it was added. */
export class Rows {
  values = new Values();
  readonly #rows = new Map<readonly string[], Row>();
  #lastTexts: readonly string[] | undefined;
  #lastRow: Row = [];

  /** Begins anew when there are many; numbers of before mean nothing then. */
  tidy(): void {
    if (this.#rows.size < mostRows && this.values.size < mostRows) return;
    this.values = new Values();
    this.#rows.clear();
    this.#lastTexts = undefined;
  }

  of(texts: readonly string[]): Row {
    // Neighbours are often alike.
    if (texts === this.#lastTexts) return this.#lastRow;
    let row = this.#rows.get(texts);
    if (row === undefined) {
      row = this.values.row(texts);
      this.#rows.set(texts, row);
    }
    this.#lastTexts = texts;
    this.#lastRow = row;
    return row;
  }
}

const mostRows = 100_000;

/** The values that one block speaks of, numbered anew and small. */
export class BlockValues {
  readonly #values: Values;
  readonly #local: Int32Array[] = Array.from({ length: dimensionCount }, () => new Int32Array(64));
  readonly #used: readonly number[][] = Array.from({ length: dimensionCount }, () => []);

  constructor(values: Values) {
    this.#values = values;
  }

  local(dimension: number, id: number): number {
    if (id === 0) return 0;
    let local = this.#local[dimension] ?? new Int32Array(0);
    const known = local[id];
    if (known !== undefined && known > 0) return known;
    if (id >= local.length) {
      const longer = new Int32Array(Math.max(2 * local.length, id + 1));
      longer.set(local);
      local = longer;
      this.#local[dimension] = longer;
    }
    const used = this.#used[dimension] ?? [];
    used.push(id);
    local[id] = used.length;
    return used.length;
  }

  /** The texts of each dimension in the order of their numbers, from 1 on. Numbers begin anew. */
  take(): string[][] {
    return this.#used.map((used, dimension) => {
      const texts = used.map((id) => this.#values.text(dimension, id));
      for (const id of used) (this.#local[dimension] ?? new Int32Array(0))[id] = 0;
      used.length = 0;
      return texts;
    });
  }
}

/** What a number of a block is there; 0 is "". */
export function textAt(texts: readonly string[], id: number): string {
  return id === 0 ? "" : (texts[id - 1] ?? "");
}
