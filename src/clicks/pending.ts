import { rmSync } from "node:fs";
import { join } from "node:path";
import type { ClickBatch } from "../core/click.ts";
import { readDocument, writeDocument } from "./files.ts";

type Sent = Pick<ClickBatch, "writer" | "number" | "position">;

/** What this folder last sent, or was about to. */
export interface LastSent extends Sent {
  /** The position of the batch before: what is between the two in the journals is the batch. */
  readonly since: string;
  /** It is known to be in. */
  readonly isIn: boolean;
}

/**
 * The batch whose way into the store has begun, on disk: whatever happens, the same one is sent again until it is known to
 * be in. Its clicks are in the journals until then, so where it begins and ends there is all that is kept. Afterwards number and
 * position stay: if the store knows of a later batch, another process sent it.
 */
export class PendingBatch {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = join(folder, "pending.json");
  }

  read(): LastSent | undefined {
    return readDocument<LastSent>(this.#path);
  }

  /** Durable when it returns. `since`: the position of the batch before. */
  write({ writer, number, position }: Sent, since: string): void {
    writeDocument(this.#path, { writer, number, position, since, isIn: false } satisfies LastSent);
  }

  /** It is in. Need not be durable: the batch before it is then found, which the store has. */
  settle({ writer, number, position }: Sent): void {
    writeDocument(this.#path, { writer, number, position, since: position, isIn: true } satisfies LastSent, false);
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}

/** Whether somebody else sent the batch that the store had last: `number` and `position`. */
export function isOfAnother(sent: LastSent, number: number, position: string): boolean {
  return sent.number < number || (sent.number === number && sent.position !== position);
}
