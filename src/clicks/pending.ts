import { rmSync } from "node:fs";
import { join } from "node:path";
import type { ClickBatch, Visit } from "../core/click.ts";
import { readDocument, writeDocument } from "./files.ts";

/** A batch as it is kept: the values, which many share, once. */
interface Packed {
  readonly writer: string;
  readonly number: number;
  readonly position: string;
  /** The position of the batch before. */
  readonly since?: string;
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

/** What this folder last sent, or was about to. */
export interface LastSent {
  readonly writer: string;
  readonly number: number;
  readonly position: string;
  readonly since: string;
  /** `undefined`: it is known to be in. */
  readonly batch: ClickBatch | undefined;
}

/**
 * The batch whose way into the store has begun, on disk: whatever happens, the same one is sent again until it is known
 * to be in. Then its number and position stay: if the store knows of a later batch, another process sent it.
 */
export class PendingBatch {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = join(folder, "pending.json");
  }

  read(): LastSent | undefined {
    const packed = readDocument<Packed>(this.#path);
    if (packed === undefined) return undefined;
    const { writer, number, position, since = "" } = packed;
    return { writer, number, position, since, batch: packed.tallies.length === 0 ? undefined : unpacked(packed) };
  }

  /** Durable when it returns. `since`: the position of the batch before. */
  write({ writer, number, position, tallies, visits }: ClickBatch, since: string): void {
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
      since,
      values,
      tallies: tallies.map((one) => [one.link, one.tags, one.hour, placeOf(one.values), one.clicks, one.visitors]),
      visits: visits.map((one) => [one.link, one.time, placeOf(one.values)]),
    };
    writeDocument(this.#path, packed);
  }

  /** It is in. Need not be durable: the batch before it is then found, which the store has. */
  settle({ writer, number, position }: ClickBatch): void {
    const packed: Packed = { writer, number, position, since: position, values: [], tallies: [], visits: [] };
    writeDocument(this.#path, packed, false);
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}

function unpacked({ writer, number, position, values, tallies, visits }: Packed): ClickBatch {
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
