import type { Counts } from "../../../client/client.ts";
import { useLoaded } from "../ui/load.ts";
import { api } from "./api.ts";

/** How many links there are; `null` while they are counted for the first time. */
export function useTotals(): Counts | undefined {
  return useLoaded("counts", (signal) => api.links.counts({ signal }), 60_000).value;
}
