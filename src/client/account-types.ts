/** What the API answers about people, their sessions and the server. Times are RFC 3339. */

import type { Scope } from "./types.ts";

/** Who asks, and what they may do. */
export interface Caller {
  readonly kind: "user" | "key";
  readonly name: string | null;
  readonly id: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: string | null;
}

export interface Session {
  readonly id: string;
  readonly user: string;
  readonly createdAt: string;
  readonly seenAt: string;
  readonly expiresAt: string;
  readonly agent: string | null;
  readonly current: boolean;
}

export interface User {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: string;
}

export interface Setting {
  readonly name: string;
  readonly flag: string;
  readonly value: string | null;
  readonly isSet: boolean;
  readonly source: string;
  readonly default: string;
  readonly meaning: string;
}

export interface Freeze {
  readonly by: string;
  readonly version: number;
  readonly expiresAt: string | null;
}
