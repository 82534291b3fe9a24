import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Link, LinkChanges } from "../../../client/client.ts";
import { api } from "../api/api.ts";
import { t } from "../texts/catalogue.ts";
import type { Question } from "../ui/confirm.tsx";
import { count } from "../ui/format.ts";
import { Trap } from "../ui/layers.tsx";
import { problemText } from "../ui/problem.ts";
import { toast } from "../ui/toast.tsx";
import { changed } from "./actions.tsx";
import { exportLinks } from "./export.ts";
import { type Filter, listLinks } from "./filter.ts";

/** Links that are changed with one request, and that can be chosen at once. */
const [group, most] = [100, 10_000];
/** From so many on, the number has to be typed before they are deleted. */
const typedFrom = 100;

export interface BulkProps {
  readonly chosen: ReadonlyMap<string, Link>;
  readonly filter: Filter;
  readonly ask: (question: Question) => void;
  readonly choose: (links: readonly Link[]) => void;
  readonly clear: () => void;
}

/** What can be done with all that is chosen; it takes the filters' place. */
export function Bulk({ chosen, filter, ask, choose, clear }: BulkProps): JSX.Element {
  const [done, setDone] = useState<number>();
  const [tagging, setTagging] = useState(false);
  const links = [...chosen.values()];
  const allOff = links.every((link) => link.disabled);

  /** Changes all alike, a group at a time, and gives those for which it went well. */
  async function changeAll(slugs: readonly string[], change: Omit<LinkChanges, "slugs">): Promise<string[]> {
    const good: string[] = [];
    let [failed, why] = [0, ""];
    setDone(0);
    try {
      for (let at = 0; at < slugs.length; at += group) {
        const results = await api.links.change({ slugs: slugs.slice(at, at + group), ...change });
        for (const { slug, status, link, error } of results)
          if (status < 300) {
            changed.value = { slug, link };
            good.push(slug);
          } else {
            failed++;
            why = error?.detail ?? "";
          }
        setDone(at + results.length);
      }
    } catch (error) {
      failed = slugs.length - good.length;
      why = problemText(error);
    }
    setDone(undefined);
    if (failed > 0) toast(t("bulk.failed", { n: failed, all: slugs.length, why }));
    return good;
  }

  /** The same with a way back for those that it made different. */
  async function changeWithUndo(
    change: Omit<LinkChanges, "slugs">,
    back: Omit<LinkChanges, "slugs">,
    differs: (link: Link) => boolean,
    said: "bulk.switched" | "bulk.switchedOn" | "bulk.tagged",
  ): Promise<void> {
    const good = new Set(await changeAll([...chosen.keys()], change));
    if (good.size < chosen.size) return;
    const mended = links.filter((link) => good.has(link.slug) && differs(link)).map((link) => link.slug);
    clear();
    toast(t(said, { n: good.size }), () => void changeAll(mended, back));
  }

  const switchAll = () => {
    const disabled = !allOff;
    const [change, back] = [{ set: { disabled } }, { set: { disabled: !disabled } }];
    void changeWithUndo(
      change,
      back,
      (one) => one.disabled !== disabled,
      disabled ? "bulk.switched" : "bulk.switchedOn",
    );
  };
  const tagAll = (tag: string) =>
    void changeWithUndo({ addTags: [tag] }, { removeTags: [tag] }, (one) => !one.tags.includes(tag), "bulk.tagged");

  async function deleteAll(): Promise<void> {
    const good = await changeAll([...chosen.keys()], { remove: true });
    clear();
    if (good.length === links.length) toast(t("bulk.deleted", { n: good.length }));
  }

  async function exportChosen(): Promise<void> {
    try {
      toast(t("export.done", { n: await exportLinks({ slugs: [...chosen.keys()] }) }));
    } catch (error) {
      toast(t("export.failed", { why: problemText(error, false) }));
    }
  }

  const askDelete = () => {
    const title = t("delete.titleMany", { n: links.length });
    ask({
      title,
      label: title,
      why: t("delete.whyMany"),
      keep: t("delete.keepMany"),
      act: t("delete.do"),
      ...(links.length > typedFrom ? { typed: links.length } : {}),
      agreed: () => void deleteAll(),
    });
  };

  /** All that the filters let through, loaded or not. */
  async function chooseAll(): Promise<void> {
    const all: Link[] = [];
    let cursor: string | null = null;
    try {
      do {
        const page = await listLinks(filter, 1000, cursor);
        all.push(...page.links.slice(0, most - all.length));
        cursor = page.next;
        choose(all);
      } while (cursor !== null && all.length < most);
    } catch (error) {
      toast(problemText(error, false));
    }
  }

  return (
    <div class="bulk" role="group" aria-label={t("bulk.chosen", { n: chosen.size })}>
      <b aria-live="polite">
        {done === undefined
          ? t("bulk.chosen", { n: chosen.size })
          : t("bulk.working", { n: done, all: count(links.length) })}
      </b>
      <button type="button" class="textlink" onClick={() => void chooseAll()}>
        {t("bulk.allShown")}
      </button>
      <span class="bulk-acts">
        <button type="button" onClick={() => setTagging(true)}>
          {t("bulk.tag")}
        </button>
        <button type="button" onClick={switchAll}>
          {t(allOff ? "bulk.on" : "bulk.off")}
        </button>
        <button type="button" onClick={() => void exportChosen()}>
          {t("bulk.export")}
        </button>
        <button type="button" onClick={askDelete}>
          {t("bulk.delete")}
        </button>
        <button type="button" onClick={clear}>
          {t("bulk.clear")} <kbd class="key">Esc</kbd>
        </button>
      </span>
      {tagging && <TagDialog n={links.length} close={() => setTagging(false)} then={tagAll} />}
    </div>
  );
}

/** Asks for one tag. */
export function TagDialog(props: { n: number; close: () => void; then: (tag: string) => void }): JSX.Element {
  const [text, setText] = useState("");
  const title = t("bulk.tagTitle", { n: props.n });
  return (
    <Trap close={props.close} label={title} class="dialog">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const tag = text.replace(/^#+/, "").trim();
          props.close();
          if (tag !== "") props.then(tag);
        }}
      >
        <h2>{title}</h2>
        <div class="input">
          <span class="quiet">#</span>
          <input
            data-first
            aria-label={t("bulk.tagWhich")}
            maxLength={64}
            autocapitalize="none"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </div>
        <div class="buttons">
          <button type="submit" class="button primary">
            {t("bulk.tagAdd")}
          </button>
          <button type="button" class="button" onClick={props.close}>
            {t("common.cancel")}
          </button>
        </div>
      </form>
    </Trap>
  );
}
