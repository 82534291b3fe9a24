import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import type { HistoryEntry, Link } from "../../../client/client.ts";
import { api } from "../api/api.ts";
import { changed } from "../links/actions.tsx";
import { type TextName, t, tt } from "../texts/catalogue.ts";
import { age, bare, count, date } from "../ui/format.ts";
import { useLoaded } from "../ui/load.ts";
import { problemText } from "../ui/problem.ts";
import { toast } from "../ui/toast.tsx";

/** Entries shown before "older". */
const few = 3;

/** What an entry says of one field: in words, and what was and is there where that says more. */
interface Said {
  readonly what: ComponentChildren;
  readonly was?: string;
  readonly is?: string;
}

const fields: Readonly<Record<string, TextName>> = {
  url: "history.url",
  title: "history.title.",
  note: "history.note",
  validFrom: "field.from",
  validUntil: "field.until",
  maxClicks: "history.limit",
  redirectStatus: "history.redirect",
  forwardQuery: "history.query",
};

/** A value of a field as it is read. */
function shown(field: string, value: unknown): string {
  if (value === null || value === undefined || value === "") return t("details.none");
  if (field === "url") return bare(String(value));
  if (field === "validFrom" || field === "validUntil") return date(String(value), "full");
  if (typeof value === "number" && field === "maxClicks") return count(value);
  if (typeof value === "boolean") return t(value ? "history.yes" : "history.no");
  return String(value);
}

function tagsSaid(before: readonly string[], after: readonly string[]): Said[] {
  const tag = (name: string) => ({ tag: <b>{name}</b> });
  return [
    ...after.filter((one) => !before.includes(one)).map((one) => ({ what: tt("history.tagAdded", tag(one)) })),
    ...before.filter((one) => !after.includes(one)).map((one) => ({ what: tt("history.tagRemoved", tag(one)) })),
  ];
}

/** What an entry did, field by field. */
function said({ action, before, after }: HistoryEntry): Said[] {
  if (action === "created") return [{ what: t("history.made"), is: bare(String(after?.url ?? "")) }];
  if (action === "deleted") return [{ what: t("history.deleted") }];
  if (before === null || after === null) return [{ what: t("history.other") }];
  const found = Object.keys(after).flatMap((field): Said[] => {
    if (field === "disabled") return [{ what: t(after.disabled === true ? "history.off" : "history.on") }];
    if (field === "tags") return tagsSaid((before.tags ?? []) as string[], (after.tags ?? []) as string[]);
    const name = fields[field];
    return name === undefined
      ? []
      : [{ what: t(name), was: shown(field, before[field]), is: shown(field, after[field]) }];
  });
  return found.length === 0 ? [{ what: t("history.other") }] : found;
}

/** Who did it, as far as it is known. */
function who({ by }: HistoryEntry): string | undefined {
  if (by === null) return undefined;
  if (by.kind === "anyone") return t("history.anyone");
  return by.name ?? (by.kind === "key" ? t("history.key", { id: by.id ?? "" }) : undefined);
}

/** Who changed what when, and a way back to each. Nothing is shown where the server keeps none. */
export function History({ link }: { link: Link }): JSX.Element | null {
  const [all, setAll] = useState(false);
  const entries = useLoaded(`${link.slug} ${link.version}`, (signal) => api.links.history(link.slug, { signal })).value;
  if (entries === undefined) return null;
  const changes = entries.filter((entry) => entry.action === "changed");

  /** Back to the version before an entry; the way back from that is the version that holds now. */
  async function undo(entry: HistoryEntry): Promise<void> {
    const back = async (version: number, now: number): Promise<Link> => {
      const after = await api.links.goBack(link.slug, version, now);
      changed.value = { slug: link.slug, link: after };
      return after;
    };
    try {
      const after = await back(entry.version - 1, link.version);
      toast(
        t("act.undone"),
        () => void back(link.version, after.version).catch((error: unknown) => toast(problemText(error))),
      );
    } catch (error) {
      toast(problemText(error));
    }
  }

  return (
    <section class="history">
      <header>
        <h2>{t("history.title")}</h2>
      </header>
      {changes.length === 0 ? (
        <p class="quiet nothing-yet">{t("history.never")}</p>
      ) : (
        <ol>
          {entries.slice(0, all ? entries.length : few).map((entry) => (
            <li key={entry.version}>
              <span class="typed version">v{entry.version}</span>
              <div>
                {said(entry).map(({ what, was, is }, at) => (
                  <div key={at}>
                    <span>{what}</span>
                    {was !== undefined && (
                      <s class="long cut" title={was}>
                        {was}
                      </s>
                    )}
                    {is !== undefined && (
                      <span class="long cut" title={is}>
                        {is}
                      </span>
                    )}
                  </div>
                ))}
                <span class="quiet" title={date(entry.at, "full")}>
                  {who(entry) === undefined
                    ? t("history.ago", { age: age(entry.at) })
                    : t("history.by", { who: who(entry) ?? "", age: age(entry.at) })}
                </span>
              </div>
              {entry.action === "changed" && entry.before !== null && (
                <button type="button" class="textlink" onClick={() => void undo(entry)}>
                  {t("common.undo")}
                </button>
              )}
            </li>
          ))}
        </ol>
      )}
      {!all && entries.length > few && (
        <button type="button" class="textlink all" onClick={() => setAll(true)}>
          {t("history.older", { n: entries.length - few })}
        </button>
      )}
    </section>
  );
}
