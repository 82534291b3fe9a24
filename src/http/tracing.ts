/** Follows what takes longer than a look into memory, where somebody wants to see it. */
export interface Tracing {
  /**
   * Does `work` as a span of that name, below the one that `parent` (a `traceparent` of W3C Trace Context) names; does it without
   * one where `parent` says no, or more were followed in this second than may be.
   */
  follow(name: string, parent: string | null, work: () => Promise<Response>): Promise<Response>;
}
