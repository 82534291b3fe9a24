import type { RedirectStatus } from "./link.ts";

/** What a new link is made of. Shape and lengths are checked by whoever read it; the rest is checked here. */
export interface LinkInput {
  readonly url: string;
  readonly slug?: string | undefined;
  readonly title?: string | null | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly note?: string | null | undefined;
  readonly redirectStatus?: RedirectStatus | null | undefined;
  readonly validFrom?: number | null | undefined;
  readonly validUntil?: number | null | undefined;
  readonly maxClicks?: number | null | undefined;
  readonly disabled?: boolean | undefined;
  readonly forwardQuery?: boolean | undefined;
}

/** What an edit may change; what is left out stays. */
export type LinkPatch = { readonly [K in Exclude<keyof LinkInput, "slug">]?: LinkInput[K] | undefined };
