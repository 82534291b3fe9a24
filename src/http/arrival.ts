/** What the part that is loaded later gets with a request. */
export interface Arrival {
  /** The address of the other end of the connection. */
  readonly peer: string;
  /** Lifts the limit on how long the request may take; whoever calls this watches the time itself. */
  readonly untimed: () => void;
  /** Seconds that a request may take without going on. */
  readonly patience: number;
}

export interface Programs {
  (request: Request, arrival: Arrival): Promise<Response>;
  /** Ends the answers that have no end of their own, for a server that leaves. */
  leave(): void;
}
