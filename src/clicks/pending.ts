import { rmSync } from "node:fs";
import { join } from "node:path";
import type { ClickBatch, Visit } from "../core/click.ts";
import { readDocument, writeDocument } from "./files.ts";

/** A batch as it is kept: the values, which many share, once. */
interface Packed {
  readonly writer: string;
  readonly number: number;
  readonly position: string;
  readonly values: readonly (readonly string[])[];
  readonly tallies: readonly (readonly [
    link: string | null,
    tags: readonly string[],
    hour: number,
    values: number,
    clicks: number,
    visitors: readonly number[],
  ])[];
  readonly visits: readonly (readonly [link: string, time: number, values: number])[];
}

/**
 * The batch whose way into the store has begun, on disk: whatever happens, the same one is sent again until it is known
 * to be in.
 */
export class PendingBatch {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = join(folder, "pending.json");
  }

  read(): ClickBatch | undefined {
    const packed = readDocument<Packed>(this.#path);
    if (packed === undefined) return undefined;
    const { writer, number, position, values, tallies, visits } = packed;
    const valuesAt = (place: number) => values[place] ?? [];
    return {
      writer,
      number,
      position,
      tallies: tallies.map(([link, tags, hour, place, clicks, visitors]) => ({
        link,
        tags,
        hour,
        values: valuesAt(place),
        clicks,
        visitors,
      })),
      visits: visits.map(([link, time, place]): Visit => ({ link, time, values: valuesAt(place) })),
    };
  }

  /** Durable when it returns. */
  write({ writer, number, position, tallies, visits }: ClickBatch): void {
    const values: (readonly string[])[] = [];
    const places = new Map<readonly string[], number>();
    const placeOf = (one: readonly string[]) => {
      let place = places.get(one);
      if (place === undefined) {
        place = values.push(one) - 1;
        places.set(one, place);
      }
      return place;
    };
    const packed: Packed = {
      writer,
      number,
      position,
      values,
      tallies: tallies.map((one) => [one.link, one.tags, one.hour, placeOf(one.values), one.clicks, one.visitors]),
      visits: visits.map((one) => [one.link, one.time, placeOf(one.values)]),
    };
    writeDocument(this.#path, packed);
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}
