import { errors, types } from "cassandra-driver";
import { StoreDamaged, StoreUnavailable } from "../../core/store.ts";

/** There is nobody to ask at present: asking again at once is of little use. */
export class Refused extends StoreUnavailable {}

const { unavailableException, invalid, syntaxError } = types.responseErrorCodes;

/** What an error of the driver means for whoever asked the store `shown`. Errors of our own making stay what they are. */
export function storeError(error: unknown, shown: string): unknown {
  if (error instanceof StoreUnavailable || error instanceof StoreDamaged) return error;
  if (error instanceof errors.ArgumentError || error instanceof TypeError || error instanceof RangeError) return error;
  if (!(error instanceof Error)) return error;
  const what = `${shown}: ${error.message}`;
  if (error instanceof errors.NoHostAvailableError) return new Refused(`${shown}: ${whyNone(error)}`);
  if (!(error instanceof errors.ResponseError)) return new StoreUnavailable(what);
  if (error.code === unavailableException) return new Refused(what);
  if (error.code === invalid) return new StoreDamaged(`${what}. Run curt doctor.`);
  return error.code === syntaxError ? error : new StoreUnavailable(what);
}

/** Why each node could not be asked, in one line. */
export function whyNone(error: errors.NoHostAvailableError): string {
  const inner = Object.entries((error.innerErrors ?? {}) as Record<string, unknown>);
  if (inner.length === 0) return "no node can be asked.";
  return inner.map(([node, why]) => `${node}: ${why instanceof Error ? why.message : String(why)}`).join("; ");
}
