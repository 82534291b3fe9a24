import { StoreDamaged } from "../../../core/store.ts";
import type { Connection } from "../connection.ts";

/** One damage that was found. */
export interface Damage {
  readonly part: "file" | "links" | "slugs" | "words" | "changes" | "registry";
  /** Names what is damaged and how. */
  readonly message: string;
  /** Whether something that is there may look absent because of it: then the store must be degraded. */
  readonly hides: boolean;
}

/** More damages than these are not listed one by one. */
const damageLimit = 1000;

/** What the steps of a check share: the connection they read by and the damages they find. */
export class Scope {
  readonly connection: Connection;
  readonly damages: Damage[] = [];

  constructor(connection: Connection) {
    this.connection = connection;
  }

  report(part: Damage["part"], what: string, hides: boolean): void {
    if (this.damages.length < damageLimit)
      this.damages.push({ part, message: `${this.connection.path}: ${what}`, hides });
  }

  /** Reports a `StoreDamaged` that was thrown; any other error is thrown on. */
  reportThrown(part: Damage["part"], error: unknown, hides: boolean): void {
    if (!(error instanceof StoreDamaged)) throw error;
    if (this.damages.length < damageLimit) this.damages.push({ part, message: error.message, hides });
  }

  /** Does work that damage may stop; then it is reported, and the check goes on. */
  attempt<T>(part: Damage["part"], hides: boolean, work: () => T): T | undefined {
    try {
      return this.connection.use(work);
    } catch (error) {
      this.reportThrown(part, error, hides);
      return undefined;
    }
  }
}

/** A walk over one table or index: looks at up to `limit` entries, gives how many it saw; fewer end it. */
export type Walk = (limit: number) => number;
