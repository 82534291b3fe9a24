import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Link, LinkPatch } from "../../../client/client.ts";
import { api } from "../api/api.ts";
import { t } from "../texts/catalogue.ts";
import type { Question } from "../ui/confirm.tsx";
import { count } from "../ui/format.ts";
import { Trap } from "../ui/layers.tsx";
import { problemText } from "../ui/problem.ts";
import { toast } from "../ui/toast.tsx";
import { changed } from "./actions.tsx";
import { type Filter, listLinks } from "./filter.ts";

/** Requests that are under way at a time. */
const atOnce = 6;
/** From so many on, the number has to be typed before they are deleted. */
const typedFrom = 100;

export interface BulkProps {
  readonly chosen: ReadonlyMap<string, Link>;
  readonly filter: Filter;
  readonly ask: (question: Question) => void;
  readonly choose: (links: readonly Link[]) => void;
  readonly clear: () => void;
  readonly exportThese: (links: readonly Link[]) => void;
}

/** What can be done with all that is chosen; it takes the filters' place. */
export function Bulk({ chosen, filter, ask, choose, clear, exportThese }: BulkProps): JSX.Element {
  const [done, setDone] = useState<number>();
  const [tagging, setTagging] = useState(false);
  const links = [...chosen.values()];
  const allOff = links.every((link) => link.disabled);

  /** Does one thing to each, a few at a time, and gives those for which it went well. */
  async function each(some: readonly Link[], act: (link: Link) => Promise<Link | undefined>): Promise<Link[]> {
    const good: Link[] = [];
    let [next, finished, failed] = [0, 0, 0];
    let why: unknown;
    setDone(0);
    const one = async () => {
      for (let link = some[next++]; link !== undefined; link = some[next++]) {
        try {
          const after = await act(link);
          changed.value = { slug: link.slug, link: after };
          good.push(after ?? link);
        } catch (error) {
          failed++;
          why = error;
        }
        setDone(++finished);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, one));
    setDone(undefined);
    if (failed > 0) toast(t("bulk.failed", { n: failed, all: some.length, why: problemText(why) }));
    return good;
  }

  async function patchAll(
    patchOf: (link: Link) => LinkPatch,
    said: "bulk.switched" | "bulk.switchedOn" | "bulk.tagged",
  ): Promise<void> {
    const before = chosen;
    const good = await each(links, (link) => api.links.edit(link.slug, patchOf(link), link.version));
    if (good.length < links.length) return;
    const backOf = (link: Link): LinkPatch => {
      const old = before.get(link.slug);
      return old === undefined ? {} : { disabled: old.disabled, tags: old.tags };
    };
    clear();
    toast(
      t(said, { n: good.length }),
      () => void each(good, (link) => api.links.edit(link.slug, backOf(link), link.version)),
    );
  }

  async function deleteAll(): Promise<void> {
    const good = await each(links, async (link) => {
      await api.links.remove(link.slug);
      return undefined;
    });
    clear();
    if (good.length === links.length) toast(t("bulk.deleted", { n: good.length }));
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
        all.push(...page.links);
        cursor = page.next;
        choose(all);
      } while (cursor !== null && all.length < 10_000);
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
        <button
          type="button"
          onClick={() => void patchAll(() => ({ disabled: !allOff }), allOff ? "bulk.switchedOn" : "bulk.switched")}
        >
          {t(allOff ? "bulk.on" : "bulk.off")}
        </button>
        <button type="button" onClick={() => exportThese(links)}>
          {t("bulk.export")}
        </button>
        <button type="button" onClick={askDelete}>
          {t("bulk.delete")}
        </button>
        <button type="button" onClick={clear}>
          {t("bulk.clear")} <kbd class="key">Esc</kbd>
        </button>
      </span>
      {tagging && (
        <TagDialog
          n={links.length}
          close={() => setTagging(false)}
          then={(tag) => void patchAll((link) => ({ tags: [...new Set([...link.tags, tag])] }), "bulk.tagged")}
        />
      )}
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
