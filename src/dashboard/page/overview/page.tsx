import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { CurtProblem } from "../../../client/client.ts";
import { readCounts } from "../api/clicks.ts";
import { useLive } from "../api/live.ts";
import { useTotals } from "../api/totals.ts";
import { Breakdowns, Places } from "../link/groups.tsx";
import { counted } from "../shell/frame.tsx";
import { t } from "../texts/catalogue.ts";
import { CountsChart, Figure, Strip } from "../ui/counts.tsx";
import { count, percent, short, shorter } from "../ui/format.ts";
import { useLoaded } from "../ui/load.ts";
import { NowFigure } from "../ui/now.tsx";
import { problemText } from "../ui/problem.ts";
import { Ranges, useRange } from "../ui/range.tsx";
import { day } from "../ui/steps.ts";
import { ByState, MostUsed, Newest } from "./lists.tsx";

const big = (value: number) => (value < 100_000 ? short(value) : shorter(value));

/** Everything at a glance. Where the server has no statistics, links alone. */
export function OverviewPage(): JSX.Element {
  const chosen = useRange(Date.now() - 730 * day, "30d");
  const { range } = chosen;
  const loaded = useLoaded(
    `${range.from} ${range.to} ${range.unit}`,
    (signal) => readCounts(undefined, range, signal),
    5000,
  );
  const counts = loaded.value;
  const totals = useTotals();
  const none = loaded.error instanceof CurtProblem && loaded.error.status === 404;
  useEffect(() => {
    document.title = `${t("nav.overview")} · Curt`;
    counted.value = totals?.total == null ? undefined : <span>{t("overview.links", { n: totals.total })}</span>;
  }, [totals?.total]);
  const groups = { subject: undefined, range, total: counts?.total ?? 0 };
  const live = useLive(undefined);
  const dash = "–";
  return (
    <main class="page overview">
      <header class="page-head">
        <h1 class="say title">
          <span class="mark">{t("overview.title")}</span>
          <i class="stop" />
        </h1>
        {!none && <Ranges key={range.from} {...chosen} />}
      </header>
      <Strip>
        {!none && (
          <>
            <Figure
              name={t("stats.clicks")}
              value={counts === undefined ? dash : big(counts.total)}
              note={
                counts === undefined
                  ? ""
                  : t("stats.aDay", { n: count(Math.round(counts.total / Math.max(1, (range.to - range.from) / day))) })
              }
            />
            <Figure
              name={t("stats.visitors")}
              value={counts === undefined ? dash : big(counts.unique)}
              note={counts === undefined ? "" : t("stats.ofClicks", { share: percent(counts.unique, counts.total) })}
            />
            <Figure
              name={t("stats.bots")}
              value={counts === undefined ? dash : big(counts.bots)}
              note={t("stats.apart")}
            />
          </>
        )}
        <Figure
          name={t("stats.links")}
          value={totals?.total == null ? dash : big(totals.total)}
          note={totals?.states == null ? "" : t("stats.active", { n: count(totals.states.active ?? 0) })}
        />
        {!none && (
          <NowFigure
            live={live}
            note={live.counts === undefined ? "" : t("stats.todaySo", { n: count(live.counts.total) })}
          />
        )}
      </Strip>
      {loaded.error !== undefined && !none && <p class="notice">{problemText(loaded.error, false)}</p>}
      {!none && (
        <CountsChart
          chosen={chosen}
          counts={counts}
          high={innerWidth < 600 ? 150 : 200}
          ranges={false}
          empty={t("chart.empty")}
        />
      )}
      <div class="thirds">
        <MostUsed totals={totals} />
        <Newest />
        <ByState totals={totals} />
      </div>
      {!none && (
        <>
          <Places {...groups} />
          <Breakdowns {...groups} />
        </>
      )}
    </main>
  );
}
