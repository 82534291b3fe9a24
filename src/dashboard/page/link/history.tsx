import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import type { HistoryEntry, Link } from "../../../client/client.ts";
import { api } from "../api/api.ts";
import { changed } from "../links/actions.tsx";
import { type TextName, t, tt } from "../texts/catalogue.ts";
import { age, bare } from "../ui/format.ts";
import { useLoaded } from "../ui/load.ts";
import { problemText } from "../ui/problem.ts";
import { toast } from "../ui/toast.tsx";

/** Entries shown before "older". */
const few = 3;

const names: readonly (readonly [keyof Link, TextName])[] = [
  ["title", "history.title."],
  ["note", "history.note"],
  ["validFrom", "history.window"],
  ["validUntil", "history.window"],
  ["maxClicks", "history.limit"],
  ["redirectStatus", "history.redirect"],
  ["forwardQuery", "history.query"],
];

/** What an entry did, in as few words as there are; and what was there before. */
function said({ action, before, after }: HistoryEntry): { what: ComponentChildren; was?: string } {
  if (action === "created") return { what: t("history.made") };
  if (action === "deleted") return { what: t("history.deleted") };
  if (before === null || after === null) return { what: t("history.other") };
  if (typeof after.url === "string") return { what: t("history.url"), was: bare(String(before.url)) };
  if ("disabled" in after) return { what: t(after.disabled === true ? "history.off" : "history.on") };
  if (Array.isArray(after.tags) && Array.isArray(before.tags)) {
    const [now, then] = [after.tags as string[], before.tags as string[]];
    const added = now.find((tag) => !then.includes(tag));
    const tag = added ?? then.find((one) => !now.includes(one)) ?? "";
    return { what: tt(added === undefined ? "history.tagRemoved" : "history.tagAdded", { tag: <b>{tag}</b> }) };
  }
  const found = names.find(([field]) => field in after);
  const was = before.title;
  return {
    what: t(found?.[1] ?? "history.other"),
    ...(found?.[0] === "title" && typeof was === "string" ? { was } : {}),
  };
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
          {changes.slice(0, all ? changes.length : few).map((entry) => {
            const { what, was } = said(entry);
            return (
              <li key={entry.version}>
                <span class="typed version">v{entry.version}</span>
                <div>
                  <span>{what}</span>
                  {was !== undefined && <s class="long cut">{was}</s>}
                  <span class="quiet">
                    {entry.by?.name
                      ? t("history.by", { who: entry.by.name, age: age(entry.at) })
                      : t("history.ago", { age: age(entry.at) })}
                  </span>
                </div>
                {entry.before !== null && (
                  <button type="button" class="textlink" onClick={() => void undo(entry)}>
                    {t("common.undo")}
                  </button>
                )}
              </li>
            );
          })}
        </ol>
      )}
      {!all && changes.length > few && (
        <button type="button" class="textlink all" onClick={() => setAll(true)}>
          {t("history.older", { n: changes.length - few })}
        </button>
      )}
    </section>
  );
}
