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

/** The values that one block speaks of, numbered anew and small. */
export class BlockValues {
  readonly #values: Values;
  readonly #local: readonly number[][] = Array.from({ length: dimensionCount }, () => []);
  readonly #used: readonly number[][] = Array.from({ length: dimensionCount }, () => []);

  constructor(values: Values) {
    this.#values = values;
  }

  local(dimension: number, id: number): number {
    if (id === 0) return 0;
    const local = this.#local[dimension] ?? [];
    const known = local[id];
    if (known !== undefined && known > 0) return known;
    while (local.length <= id) local.push(0);
    const used = this.#used[dimension] ?? [];
    used.push(id);
    local[id] = used.length;
    return used.length;
  }

  /** The texts of each dimension in the order of their numbers, from 1 on. Numbers begin anew. */
  take(): string[][] {
    return this.#used.map((used, dimension) => {
      const texts = used.map((id) => this.#values.text(dimension, id));
      for (const id of used) (this.#local[dimension] ?? [])[id] = 0;
      used.length = 0;
      return texts;
    });
  }
}

/** What a number of a block is there; 0 is "". */
export function textAt(texts: readonly string[], id: number): string {
  return id === 0 ? "" : (texts[id - 1] ?? "");
}
