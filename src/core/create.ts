import type { CurtError } from "./errors.ts";
import type { LinkRecord } from "./link.ts";

/** Where a new link comes from. */
export interface Origin {
  /** Who makes it: see `LinkRecord.changedBy`. */
  readonly by?: string | undefined;
}

/** A link that comes from elsewhere keeps its age, and its token tells a repeated import from a stranger's link. */
export interface Imported extends Origin {
  readonly createdAt?: number | undefined;
  readonly token?: string | undefined;
}

export type CreateResult =
  | { readonly outcome: "created"; readonly link: LinkRecord }
  | { readonly outcome: "existing"; readonly link: LinkRecord }
  | { readonly outcome: "failed"; readonly error: CurtError };

/** A new link before it has a slug. */
export interface Draft {
  readonly record: Omit<LinkRecord, "slug">;
  /** As asked for, in NFC. */
  readonly slug: string | undefined;
}
