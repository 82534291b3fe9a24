/**
 * Ways to break the store, for tests, which must fail with them: `unconditional`: a link is written without looking
 * whether its slug is taken. `tokenless`: a repeated write doesn't look whether what it finds is its own. `hasty-feed`: a change is told before the link's row has it.
 * `short-feed`: the feed doesn't look back for rows that came late. `index-last`: index rows are written after the link's.
 * `unpaced`: as many inserts as there may be at most are always under way, however slow they are.
 */
export type CassandraMutant =
  | "unconditional"
  | "tokenless"
  | "unlocked"
  | "hasty-feed"
  | "short-feed"
  | "index-last"
  | "unpaced";

export type CassandraMutants = readonly CassandraMutant[];
