import { SQL } from "bun";
import { StoreDamaged, StoreUnavailable } from "../../core/store.ts";

/** Nothing was sent: what was asked for has certainly not happened. */
export class Unsent extends StoreUnavailable {}

const unconnected = new Set([
  "ERR_POSTGRES_CONNECTION_REFUSED",
  "ERR_POSTGRES_CONNECTION_TIMEOUT",
  "ERR_POSTGRES_CONNECTION_FAILED",
]);

/** Classes of SQLSTATE that say that the server, and not the statement, is at fault now. */
const passing = /^(08|28|3D|40|53|55|57|58|25)/;
/** The server found its data damaged, or our tables are gone. */
const damaged = /^(XX00[12]|42P01|42703|3F000)$/;

/** What an error of the client means for whoever asked the store `shown`. Errors of our own making stay what they are. */
export function storeError(error: unknown, shown: string): unknown {
  if (!(error instanceof SQL.PostgresError)) return error;
  const state = error.errno;
  const what = `${shown}: ${error.message} (${state ?? error.code})`;
  if (state === undefined) return unconnected.has(error.code) ? new Unsent(what) : new StoreUnavailable(what);
  if (damaged.test(state)) return new StoreDamaged(`${what}. Run curt doctor.`);
  return passing.test(state) ? new StoreUnavailable(what) : error;
}
