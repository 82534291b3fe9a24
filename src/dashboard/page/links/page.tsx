import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Link, states } from "../../../client/client.ts";
import { useTotals } from "../api/totals.ts";
import { at, go, place } from "../route.ts";
import { counted } from "../shell/frame.tsx";
import { t, tt } from "../texts/catalogue.ts";
import { useCell } from "../ui/cell.ts";
import { Confirm, type Question } from "../ui/confirm.tsx";
import { count } from "../ui/format.ts";
import { problemText } from "../ui/problem.ts";
import { toast } from "../ui/toast.tsx";
import { changed } from "./actions.tsx";
import { Bulk } from "./bulk.tsx";
import { Create, wanted } from "./create.tsx";
import { Empty } from "./empty.tsx";
import { exportLinks } from "./export.ts";
import { type Filter, noFilter } from "./filter.ts";
import { Filters } from "./filters.tsx";
import { LinkList, lookedAt } from "./store.ts";
import { Table } from "./table.tsx";

/** What the address says the list is narrowed to. */
export function filterOf(query: URLSearchParams): Filter {
  const state = states.find((one) => one === query.get("state")) ?? "";
  return { search: query.get("search") ?? "", tag: query.get("tag") ?? "", state };
}

export function addressOfFilter(filter: Filter): string {
  const set = Object.entries(filter).filter(([, value]) => value !== "");
  return at("/") + (set.length === 0 ? "" : `?${new URLSearchParams(set)}`);
}

/** Where the list was left, so that the way back from a link leads there. */
let left: { key: string; list: LinkList } | undefined;

export function LinksPage(): JSX.Element {
  const { query } = useCell(place);
  const filter = filterOf(query);
  const key = JSON.stringify(filter);
  const list = useMemo(() => {
    if (left?.key === key) return left.list;
    left?.list.close();
    const fresh = new LinkList(filter);
    left = { key, list: fresh };
    lookedAt(fresh);
    void fresh.more();
    return fresh;
  }, [key]);
  useCell(list.changes);
  const [chosen, setChosen] = useState<ReadonlyMap<string, Link>>(new Map());
  const [question, setQuestion] = useState<Question>();
  const heard = useCell(changed);
  const handled = useRef(heard);

  useEffect(() => {
    if (heard === undefined || heard === handled.current) return;
    handled.current = heard;
    const { slug, link } = heard;
    if (link === undefined) list.remove(slug);
    else list.replace(link);
    setChosen((now) => {
      if (!now.has(slug)) return now;
      const next = new Map(now);
      if (link === undefined) next.delete(slug);
      else next.set(slug, link);
      return next;
    });
  }, [heard]);
  useEffect(() => setChosen(new Map()), [key]);
  useEffect(() => {
    document.title = `${t("nav.links")} · Curt`;
  }, []);

  const narrowed = filter.search !== "" || filter.tag !== "" || filter.state !== "";
  const known = list.count;
  const totals = useTotals();
  useEffect(() => {
    const shown = `${count(known)}${list.endless ? "+" : ""}`;
    const all = totals?.total;
    counted.value = (
      <span>
        {all == null || (!narrowed && !list.endless)
          ? tt("overview.countOf1", { n: list.endless ? 2 : known, shown: <b>{shown}</b> })
          : narrowed
            ? tt("overview.countOf", { shown: <b>{shown}</b>, all: count(all) })
            : tt("overview.countOf1", { n: all, shown: <b>{count(all)}</b> })}
      </span>
    );
  }, [known, list.endless, totals?.total, narrowed]);

  const onFilter = (next: Filter) => go(addressOfFilter(next), true);
  const tags = () => {
    const counts = new Map<string, number>();
    for (const link of list.loaded()) for (const tag of link.tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1]);
  };
  const exportNow = async () => {
    try {
      toast(t("export.done", { n: await exportLinks(filter) }));
    } catch (error) {
      toast(t("export.failed", { why: problemText(error, false) }));
    }
  };
  const empty = list.ready && list.error === undefined && known === 0 && !list.endless;

  return (
    <main class="links">
      <Create
        onMade={(link) => {
          // A fresh list has it already.
          if (narrowed) go(addressOfFilter(noFilter), true);
          else list.add(link);
        }}
      />
      {empty && !narrowed ? (
        <Empty />
      ) : (
        <div class="list-part">
          <h1 class="hidden">{t("list.links")}</h1>
          <div class="bar">
            {chosen.size > 0 ? (
              <Bulk
                chosen={chosen}
                filter={filter}
                ask={setQuestion}
                choose={(links) => setChosen(new Map(links.map((link) => [link.slug, link])))}
                clear={() => setChosen(new Map())}
              />
            ) : (
              <Filters filter={filter} onFilter={onFilter} tags={tags} onExport={() => void exportNow()} />
            )}
          </div>
          {list.error !== undefined && known === 0 ? (
            <div class="notice" role="alert">
              {problemText(list.error, false)}
              <button type="button" class="textlink" onClick={() => void list.more()}>
                {t("common.retry")}
              </button>
            </div>
          ) : empty ? (
            <Nothing filter={filter} onFilter={onFilter} />
          ) : (
            <Table list={list} chosen={chosen} setChosen={setChosen} ask={setQuestion} />
          )}
        </div>
      )}
      {question !== undefined && <Confirm question={question} close={() => setQuestion(undefined)} />}
    </main>
  );
}

/** A search that found nothing, and what to do then. */
function Nothing({ filter, onFilter }: { filter: Filter; onFilter: (filter: Filter) => void }): JSX.Element {
  const what = [
    filter.search,
    filter.tag === "" ? "" : `#${filter.tag}`,
    filter.state === "" ? "" : t(`list.${filter.state}` as "list.all"),
  ];
  const slug = /^[\w.-]+$/.test(filter.search) ? filter.search : "";
  return (
    <div class="nothing" role="status">
      <p>{tt("list.nothing", { what: <b>{what.filter((one) => one !== "").join(" ")}</b> })}</p>
      <p>
        {slug !== "" && (
          <button type="button" class="textlink" onClick={() => (wanted.value = { text: "", slug })}>
            {tt("list.make", { slug: <span class="slug">/{slug}</span> })}
          </button>
        )}
        <button type="button" class="textlink" onClick={() => onFilter({ search: "", tag: "", state: "" })}>
          {t("list.clearFilters")}
        </button>
      </p>
    </div>
  );
}
