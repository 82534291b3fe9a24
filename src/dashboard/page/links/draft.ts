import type { NewLink, RedirectStatus } from "../../../client/client.ts";
import type { TextName } from "../texts/catalogue.ts";
import { addressOf, breathe } from "./breath.ts";

/** A link that is being described. */
export interface Draft {
  /** As typed in the field. */
  readonly text: string;
  readonly slug: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly note: string;
  readonly from: string | null;
  readonly until: string | null;
  readonly most: string;
  readonly status: RedirectStatus | null;
  readonly query: boolean;
  readonly reuse: boolean;
}

export const emptyDraft: Draft = {
  text: "",
  slug: "",
  title: "",
  tags: [],
  note: "",
  from: null,
  until: null,
  most: "",
  status: null,
  query: false,
  reuse: false,
};

export type DraftProblems = Readonly<Partial<Record<"url" | "slug" | "until" | "most", TextName>>>;

/** What the server would refuse, known before it is asked. */
export function problemsOf(draft: Draft): DraftProblems {
  const breath = breathe(draft.text);
  const slug = draft.slug || (breath?.slug ?? "");
  return {
    ...(breath === undefined ? { url: "error.noAddress" as const } : {}),
    ...(slug !== "" && !/^[\p{L}\p{N}._-]+(?:\/[\p{L}\p{N}._-]+)*$/u.test(slug) ? { slug: "error.slug" as const } : {}),
    ...(draft.from !== null && draft.until !== null && draft.until <= draft.from
      ? { until: "error.ends" as const }
      : {}),
    ...(draft.most !== "" && numberOf(draft.most) === undefined ? { most: "error.number" as const } : {}),
  };
}

/** "5,000" is 5000; `undefined` for what is no whole number from 1. */
export function numberOf(text: string): number | undefined {
  const digits = text.replace(/[\s,.'’]/g, "");
  return /^\d{1,12}$/.test(digits) && Number(digits) > 0 ? Number(digits) : undefined;
}

/** What is sent: only what was said. What stands in the field's one breath counts where the sheet is silent. */
export function bodyOf(draft: Draft, now: number): NewLink | undefined {
  const breath = breathe(draft.text);
  if (breath === undefined) return undefined;
  const slug = draft.slug || breath.slug;
  const tags = [...new Set([...draft.tags, ...breath.tags])];
  const until = draft.until ?? (breath.lasts === undefined ? null : new Date(now + breath.lasts).toISOString());
  const most = numberOf(draft.most);
  return {
    url: addressOf(breath.url) ?? breath.url,
    ...(slug ? { slug } : {}),
    ...(draft.title.trim() === "" ? {} : { title: draft.title.trim() }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(draft.note.trim() === "" ? {} : { note: draft.note }),
    ...(draft.from === null ? {} : { validFrom: draft.from }),
    ...(until === null ? {} : { validUntil: until }),
    ...(most === undefined ? {} : { maxClicks: most }),
    ...(draft.status === null ? {} : { redirectStatus: draft.status }),
    ...(draft.query ? { forwardQuery: true } : {}),
    ...(draft.reuse ? { reuse: true } : {}),
  };
}
