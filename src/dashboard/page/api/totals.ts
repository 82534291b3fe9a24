import { useLoaded } from "../ui/load.ts";
import { ask } from "./ask.ts";

/** How many links there are; `null` while they are counted for the first time. */
export interface Totals {
  readonly total: number | null;
  readonly states: Readonly<Record<string, number>> | null;
}

export function useTotals(): Totals | undefined {
  return useLoaded("counts", (signal) => ask<Totals>("GET", "/counts", { signal }), 60_000).value;
}
