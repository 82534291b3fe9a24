import type { ClickStore } from "../../core/click.ts";
import type { KeptClicks, KeptClicksOptions } from "./store.ts";

/** The counts, whose code is loaded when somebody first asks for any: a start waits for all that is loaded, and needs none of it. */
export function lateClicks(options: KeptClicksOptions): ClickStore & { close(): Promise<void> } {
  let opened: Promise<KeptClicks> | undefined;
  const kept = () => {
    opened ??= import("./store.ts").then(({ KeptClicks }) => new KeptClicks(options));
    return opened;
  };
  return {
    last: async (writer) => (await kept()).last(writer),
    add: async (batch) => (await kept()).add(batch),
    read: async (query) => (await kept()).read(query),
    clicksOf: async (links) => (await kept()).clicksOf(links),
    visits: async (link, limit, before) => (await kept()).visits(link, limit, before),
    tend: async (writer, now, budget) => (await kept()).tend(writer, now, budget),
    contents: {
      states: async () => (await kept()).contents.states(),
      pieces: async (writer, names) => (await kept()).contents.pieces(writer, names),
      adoptPieces: async (writer, pieces) => (await kept()).contents.adoptPieces(writer, pieces),
      adoptState: async (state, unused) => (await kept()).contents.adoptState(state, unused),
    },
    close: async () => (await kept()).close(),
  };
}
