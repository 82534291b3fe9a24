import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Link } from "../../../client/client.ts";
import { showQr } from "../qr/dialog.tsx";
import { go, linkAt } from "../route.ts";
import { useKeys } from "../shell/shortcuts.ts";
import { t, tt } from "../texts/catalogue.ts";
import { useCell } from "../ui/cell.ts";
import type { Question } from "../ui/confirm.tsx";
import { copyLink } from "../ui/copy.tsx";
import { useLater } from "../ui/field.tsx";
import { language } from "../ui/format.ts";
import { problemText } from "../ui/problem.ts";
import { change, deleteLink, slugText, switchLink } from "./actions.tsx";
import { TagDialog } from "./bulk.tsx";
import { daysArrived, daysOf, wantDays } from "./days.ts";
import { Row, type RowEvents } from "./row.tsx";
import { RowMenu } from "./row-menu.tsx";
import { useRows } from "./rows.ts";
import type { LinkList } from "./store.ts";

export interface TableProps {
  readonly list: LinkList;
  readonly chosen: ReadonlyMap<string, Link>;
  readonly setChosen: (chosen: ReadonlyMap<string, Link>) => void;
  readonly ask: (question: Question) => void;
}

const phone = matchMedia("(max-width: 599px)");
/** Rows drawn as places while the first links are on their way. */
const skeletons = 12;
/** So many rows before the last known one, further ones are asked for: a page of them comes before they are reached. */
const ahead = 100;
/** What sticks at the top and at the bottom, in px. */
const [barsAbove, barsBelow] = [84, 36];

/** The question before a link is deleted. */
export function deleteQuestion(link: Link, agreed: () => void): Question {
  return {
    title: tt("delete.title", { slug: slugText(link.slug) }),
    label: t("delete.title", { slug: `/${link.slug}` }),
    why: link.clicks === undefined ? t("delete.whyUnknown") : t("delete.why", { n: link.clicks }),
    keep: t("delete.keep"),
    act: t("delete.do"),
    agreed,
  };
}

/** Rows without end, of which only those near the window exist. */
export function Table({ list, chosen, setChosen, ask }: TableProps): JSX.Element {
  const body = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [high, setHigh] = useState(phone.matches ? 64 : 44);
  const [cursor, setCursor] = useState(-1);
  const [menu, setMenu] = useState<{ row: number; button: HTMLElement }>();
  const [tagging, setTagging] = useState<Link>();
  const anchor = useRef(-1);
  const lang = useCell(language);
  useCell(daysArrived);
  const late = useLater(!list.ready, 150);
  const known = list.count;
  const total = list.ready ? known + (list.endless ? 4 : 0) : late ? skeletons : 0;
  const rows = useRows(total, high, top);
  const { first, end } = rows;

  // What stands above may grow and shrink. Asked when it does and not at each drawing, which would lay out all that is new.
  useLayoutEffect(() => {
    const measure = () => {
      const found = (body.current?.getBoundingClientRect().top ?? 0) + scrollY;
      setTop((before) => (Math.abs(found - before) > 1 ? found : before));
    };
    measure();
    const watch = new ResizeObserver(measure);
    for (let above = body.current?.parentElement; above != null && above !== document.body; above = above.parentElement)
      for (const one of above.parentElement?.children ?? []) if (!one.contains(body.current)) watch.observe(one);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    const turned = () => setHigh(phone.matches ? 64 : 44);
    phone.addEventListener("change", turned);
    return () => phone.removeEventListener("change", turned);
  }, []);
  useEffect(() => {
    if (list.ready && list.endless && list.error === undefined && end >= known - ahead && rows.count === total)
      void list.more();
    list.look(first, end);
  }, [first, end, known, list]);
  const stats = list.at(0)?.clicks !== undefined;
  useEffect(() => {
    if (!stats || innerWidth < 900) return;
    const timer = setTimeout(() => {
      const seen = rows.drawn.map(({ row }) => list.at(row)).filter((link) => link !== undefined);
      wantDays(seen.filter((link) => link.clicks !== 0).map((link) => link.slug));
    }, 150);
    return () => clearTimeout(timer);
  }, [first, end, stats, known]);

  const move = (to: number) => {
    const next = Math.max(0, Math.min(to, known - 1, rows.count - 1));
    setCursor(next);
    rows.show(next, barsAbove, barsBelow);
    // The row may first have to be drawn.
    let tries = 0;
    const focus = () => {
      const link = body.current?.querySelector<HTMLElement>(`[data-row="${next}"]`);
      if (link != null) link.focus({ preventScroll: false });
      else if (tries++ < 20) requestAnimationFrame(focus);
    };
    requestAnimationFrame(focus);
  };
  const choose = (row: number, range: boolean) => {
    const next = new Map(chosen);
    const from = range && anchor.current !== -1 ? anchor.current : row;
    const on = range || !next.has(list.at(row)?.slug ?? "");
    for (let at = Math.min(from, row); at <= Math.max(from, row); at++) {
      const link = list.at(at);
      if (link === undefined) continue;
      if (on) next.set(link.slug, link);
      else next.delete(link.slug);
    }
    anchor.current = row;
    setChosen(next);
  };
  const here = () => list.at(cursor);
  const withLink = (act: (link: Link) => void) => () => {
    const link = here();
    if (link !== undefined) act(link);
  };
  const askDelete = (link: Link) => ask(deleteQuestion(link, () => void deleteLink(link.slug)));
  useKeys({
    j: () => move(cursor + 1),
    k: () => move(cursor - 1),
    ArrowDown: () => move(cursor + 1),
    ArrowUp: () => move(cursor - 1),
    Enter: withLink((link) => go(linkAt(link.slug))),
    c: withLink((link) => void copyLink(link)),
    q: withLink(showQr),
    e: withLink((link) => go(`${linkAt(link.slug)}?edit`)),
    x: () => cursor >= 0 && choose(cursor, false),
    X: () => cursor >= 0 && choose(cursor, true),
    t: withLink(setTagging),
    d: withLink((link) => void switchLink(link)),
    Escape: chosen.size > 0 ? () => setChosen(new Map()) : undefined,
  });

  // The same functions for as long as the table stands, or every row would be drawn again with it.
  const latest = useRef<RowEvents | undefined>(undefined);
  latest.current = { point: setCursor, choose, qr: showQr, more: (row, button) => setMenu({ row, button }) };
  const on = useMemo<RowEvents>(
    () => ({
      point: (row) => latest.current?.point(row),
      choose: (row, range) => latest.current?.choose(row, range),
      qr: (link) => latest.current?.qr(link),
      more: (row, button) => latest.current?.more(row, button),
    }),
    [],
  );
  const entry = rows.drawn.some(({ row }) => row === cursor) ? cursor : first;
  const stamp = `${lang} ${Math.floor(Date.now() / 60_000)}`;
  const link = menu === undefined ? undefined : list.at(menu.row);

  return (
    <div
      class={`table${stats ? "" : " nostats"}${chosen.size > 0 ? " choosing" : ""}`}
      role="table"
      aria-label={t("list.links")}
      aria-rowcount={list.endless ? -1 : known + 1}
    >
      <div role="rowgroup" class="head">
        <div role="row" aria-rowindex={1} class="row">
          <span role="columnheader" class="c-state">
            <span class="hidden">{t("list.state")}</span>
          </span>
          <span role="columnheader" class="c-short">
            {t("list.short")}
          </span>
          <span role="columnheader" class="c-long">
            {t("list.long")}
          </span>
          <span role="columnheader" class="c-tags">
            {t("list.tags")}
          </span>
          <span role="columnheader" class="c-days">
            {t("list.days")}
          </span>
          <span role="columnheader" class="c-clicks" title={t("list.clicksWhy")}>
            {t("list.clicks")}
          </span>
          <span role="columnheader" class="c-made">
            {t("list.made")}
          </span>
          <span role="columnheader" class="c-more">
            <span class="hidden">{t("common.more")}</span>
          </span>
        </div>
      </div>
      <div role="rowgroup" ref={body} class="rows" style={{ height: `${rows.count * high}px` }} aria-busy={!list.ready}>
        {rows.drawn.map(({ row, slot }) => {
          const one = list.at(row);
          return (
            <Row
              key={slot}
              link={one}
              row={row}
              top={row * high}
              cursor={cursor === row}
              entry={entry === row}
              chosen={one !== undefined && chosen.has(one.slug)}
              choosing={chosen.size > 0}
              days={one === undefined ? undefined : daysOf(one.slug)}
              stamp={stamp}
              on={on}
            />
          );
        })}
      </div>
      {rows.count < total && <p class="notice">{t("list.enough", { n: rows.count })}</p>}
      {list.error !== undefined && (
        <div class="notice" role="alert">
          {problemText(list.error, false)}
          <button type="button" class="textlink" onClick={() => void list.more()}>
            {t("common.retry")}
          </button>
        </div>
      )}
      {menu !== undefined && link !== undefined && (
        <RowMenu
          link={link}
          button={menu.button}
          close={() => setMenu(undefined)}
          tag={() => setTagging(link)}
          remove={() => askDelete(link)}
        />
      )}
      {tagging !== undefined && (
        <TagDialog
          n={1}
          close={() => setTagging(undefined)}
          then={(tag) => {
            const tags = [...new Set([...tagging.tags, tag])];
            void change(tagging, { tags }, { tags: tagging.tags }, tt("act.tagged", { slug: slugText(tagging.slug) }));
          }}
        />
      )}
    </div>
  );
}
