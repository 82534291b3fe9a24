import type { JSX } from "preact";
import type { Link, Visit } from "../../../client/client.ts";
import type { Counts } from "../api/clicks.ts";
import type { Live } from "../api/live.ts";
import { t } from "../texts/catalogue.ts";
import { Figure, Strip } from "../ui/counts.tsx";
import { age, count, date, percent, short } from "../ui/format.ts";
import { NowFigure } from "../ui/now.tsx";
import { day } from "../ui/steps.ts";
import { placeOf } from "./visits.tsx";

export interface NumbersProps {
  readonly link: Link;
  readonly counts: Counts | undefined;
  readonly visits: readonly Visit[] | undefined;
  readonly live: Live;
}

/** The five numbers of a link. */
export function Numbers({ link, counts, visits, live }: NumbersProps): JSX.Element {
  const now = Date.now();
  const last = visits?.[0];
  const days =
    counts === undefined
      ? 1
      : Math.max(
          1,
          Math.round((Math.min(now, counts.range.to) - Math.max(Date.parse(link.createdAt), counts.range.from)) / day),
        );
  const none = "–";
  return (
    <Strip>
      <Figure
        name={t("stats.clicks")}
        value={counts === undefined ? none : short(counts.total)}
        note={counts === undefined ? "" : t("stats.aDay", { n: Math.round(counts.total / days) })}
      />
      <Figure
        name={t("stats.visitors")}
        value={counts === undefined ? none : short(counts.unique)}
        note={counts === undefined ? "" : t("stats.ofClicks", { share: percent(counts.unique, counts.total) })}
      />
      <Figure name={t("stats.bots")} value={counts === undefined ? none : short(counts.bots)} note={t("stats.apart")} />
      <Figure
        name={t("stats.today")}
        value={live.counts === undefined ? none : count(live.counts.total)}
        note={t("stats.byNow", { time: date(now, "time") })}
      />
      <NowFigure
        live={live}
        note={
          last === undefined ? t("stats.noneYet") : t("stats.last", { where: placeOf(last), age: age(last.time, now) })
        }
      />
    </Strip>
  );
}
