import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { CurtProblem, type Link } from "../../../client/client.ts";
import { api } from "../api/api.ts";
import { readCounts } from "../api/clicks.ts";
import { useLive } from "../api/live.ts";
import { changed, deleteLink, switchLink } from "../links/actions.tsx";
import { neighbours } from "../links/store.ts";
import { deleteQuestion } from "../links/table.tsx";
import { showQr } from "../qr/dialog.tsx";
import { at, go, linkAt, place } from "../route.ts";
import { counted } from "../shell/frame.tsx";
import { useKeys } from "../shell/shortcuts.ts";
import { t, tt } from "../texts/catalogue.ts";
import { useCell } from "../ui/cell.ts";
import { Confirm, type Question } from "../ui/confirm.tsx";
import { copyLink } from "../ui/copy.tsx";
import { CountsChart } from "../ui/counts.tsx";
import { useLoaded } from "../ui/load.ts";
import { problemText } from "../ui/problem.ts";
import { useRange } from "../ui/range.tsx";

import { Details } from "./details.tsx";
import { Breakdowns, Places } from "./groups.tsx";
import { Head } from "./head.tsx";
import { History } from "./history.tsx";
import { Numbers } from "./numbers.tsx";
import { Qr } from "./qr.tsx";
import { useVisits, Visits } from "./visits.tsx";

/** How often the counts of a page that is looked at are asked for again, in ms. */
const every = 5000;

export function LinkPage({ slug }: { slug: string }): JSX.Element | null {
  const heard = useCell(changed);
  const [link, setLink] = useState<Link>();
  const found = useLoaded(slug, (signal) => api.links.get(slug, { signal }), every);
  useEffect(() => {
    if (found.value !== undefined)
      setLink((now) => (now !== undefined && now.version > (found.value?.version ?? 0) ? now : found.value));
  }, [found.value]);
  useEffect(() => {
    if (heard?.slug !== slug) return;
    if (heard.link === undefined) go(at("/"));
    else setLink({ ...link, ...heard.link });
  }, [heard]);
  useEffect(() => {
    document.title = `/${slug} · Curt`;
    counted.value = undefined;
  }, [slug]);

  if (link === undefined) {
    if (found.error === undefined) return <Ghosts />;
    const gone = found.error instanceof CurtProblem && found.error.status === 404;
    return (
      <main class="plain-page">
        <h1 class="say title">
          {gone ? tt("link.gone", { slug: <span class="slug">/{slug}</span> }) : problemText(found.error, false)}
        </h1>
        {gone && <p>{t("link.goneWhy")}</p>}
        <a class="textlink" href={at("/")}>
          {t("page.home")}
        </a>
      </main>
    );
  }
  return <Shown key={slug} link={link} />;
}

/** Places of what is on its way. */
function Ghosts(): JSX.Element {
  return (
    <main class="link-page" aria-busy="true">
      <h1 class="hidden">{t("list.loading")}</h1>
      <div class="ghost wide" />
      <div class="ghost" />
    </main>
  );
}

function Shown({ link }: { link: Link }): JSX.Element {
  const { query } = useCell(place);
  const [editing, setEditing] = useState(query.has("edit"));
  const [question, setQuestion] = useState<Question>();
  const { slug } = link;
  const stats = link.clicks !== undefined;
  const chosen = useRange(Date.parse(link.createdAt), "90d");
  const { range } = chosen;
  const counts = useLoaded(
    `${slug} ${range.from} ${range.to} ${range.unit} ${stats}`,
    async (signal) => (stats ? readCounts(slug, range, signal) : undefined),
    every,
  ).value;
  const live = useLive(slug, stats);
  const visits = useVisits(slug, stats, live);
  const { before, after } = neighbours(slug);
  const ask = () => setQuestion(deleteQuestion(link, () => void deleteLink(slug)));
  const edit = () => {
    setEditing(true);
    document.querySelector(".details")?.scrollIntoView({ block: "nearest" });
  };
  const visit = (other: string | undefined) => other !== undefined && go(linkAt(other), true);
  useKeys({
    j: () => visit(after),
    k: () => visit(before),
    c: () => void copyLink(link),
    q: () => showQr(link),
    e: edit,
    d: () => void switchLink(link),
    Escape: () => go(at("/")),
  });
  const total = counts?.total ?? 0;
  const groups = { subject: slug, range, total };
  return (
    <main class="link-page">
      <Head
        link={link}
        editing={editing}
        edit={edit}
        remove={ask}
        stepping={before !== undefined || after !== undefined}
      />
      {stats && <Numbers link={link} counts={counts} visits={visits} live={live} />}
      <div class="link-columns">
        <div class="link-main">
          {stats && (
            <>
              <CountsChart
                chosen={chosen}
                counts={counts}
                high={innerWidth < 600 ? 150 : 240}
                ranges
                empty={t("chart.empty")}
              />
              <Places {...groups} />
              <Breakdowns {...groups} />
            </>
          )}
        </div>
        <div class="link-side">
          <Qr link={link} />
          <Details link={link} editing={editing} setEditing={setEditing} />
          <History link={link} />
          {stats && <Visits visits={visits} />}
        </div>
      </div>
      {question !== undefined && <Confirm question={question} close={() => setQuestion(undefined)} />}
    </main>
  );
}
