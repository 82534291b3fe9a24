import type { ComponentChildren, JSX } from "preact";
import { t, tt } from "../texts/catalogue.ts";
import { count, date } from "../ui/format.ts";
import { Icon } from "../ui/icons.tsx";
import { useLayer } from "../ui/layers.tsx";
import { breathe } from "./breath.ts";
import { bodyOf, numberOf } from "./draft.ts";
import type { OptionsProps } from "./options.tsx";

/** One sentence for all that was said: what will happen, in the order in which it happens. */
export function sentence(draft: OptionsProps["draft"]): ComponentChildren[] {
  const until = bodyOf(draft, Date.now())?.validUntil ?? draft.until;
  const most = numberOf(draft.most);
  const strong = (text: string) => <b>{text}</b>;
  const at = (time: string) => ({ day: strong(date(time, "day")), time: date(time, "time") });
  const opens = draft.from === null ? t("short.now") : tt("short.opens", at(draft.from));
  const ends = until === null ? undefined : tt("short.ends", at(until));
  const parts: ComponentChildren[] = [opens, ", "];
  if (ends !== undefined) parts.push(ends);
  if (most !== undefined && ends !== undefined) parts.push(` ${t("common.or")} `);
  if (most !== undefined)
    parts.push(tt(ends === undefined ? "short.endsAfter" : "short.after", { n: most, most: strong(count(most)) }));
  if (ends === undefined && most === undefined) parts.push(t("short.never"));
  parts.push(".");
  if (draft.query) parts.push(" ", t("short.query"));
  if (draft.status === 301 || draft.status === 308) parts.push(" ", t("short.for good"));
  return parts;
}

/** The end of the sheet: the address, what will happen, and the button. */
export function InShort({ draft, busy, slow, problem, close }: OptionsProps): JSX.Element {
  useLayer(close);
  const breath = breathe(draft.text);
  const slug = draft.slug || breath?.slug || "";
  const out = location.host.length + 1 + (slug === "" ? 7 : slug.length);
  return (
    <div class="in-short">
      <h2 class="quiet">{t("short.in")}</h2>
      <p class="result">
        <span>{location.host}/</span>
        <span class="mark">{slug === "" ? "·······" : slug}</span>
      </p>
      <p class="sentence">{sentence(draft)}</p>
      <p class="counts">
        {tt("short.counts", { in: <b>{(breath?.url ?? draft.text).length}</b> })}
        <br />
        {tt("short.out", { out: <b>{out}</b> })}
      </p>
      <div class="in-short-end">
        <p class="help is-bad" role="alert">
          {problem !== undefined && <Icon name="cross" size={12} />}
          {problem}
        </p>
        <div class="buttons">
          <button type="submit" class="button primary large" aria-disabled={busy}>
            {t(slow ? "create.making" : "create.shorten")}
            <Icon name="enter" />
          </button>
          <button type="button" class="button large" onClick={close}>
            {t("create.fewer")}
          </button>
        </div>
      </div>
    </div>
  );
}
