/**
 * Ways to break the store, for tests, which must fail with them: `unsynced`: the server answers before its disk has the
 * data. `unlocked`: nodes make the schema without waiting for each other. `tokenless`: a repeated write doesn't look
 * whether what it finds is its own. `hasty-feed`: a cursor passes transactions that are still open.
 */
export type PostgresMutant = "unsynced" | "unlocked" | "tokenless" | "hasty-feed";

export type PostgresMutants = readonly PostgresMutant[];
