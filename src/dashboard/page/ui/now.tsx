import type { ComponentChildren, JSX } from "preact";
import type { Live } from "../api/live.ts";
import { t } from "../texts/catalogue.ts";
import { Figure } from "./counts.tsx";
import { count } from "./format.ts";

/** What came within the last minute, as it comes. */
export function NowFigure({ live, note }: { live: Live; note: ComponentChildren }): JSX.Element {
  const minute = live.counts?.minute;
  return (
    <Figure
      live={live.on}
      name={t("stats.now")}
      value={
        minute === undefined ? (
          "–"
        ) : (
          <>
            {count(minute.clicks)} <small>{minute.seconds < 60 ? t("stats.soFar") : t("stats.aMinute")}</small>
          </>
        )
      }
      note={live.counts !== undefined && !live.on ? t("stats.silent") : note}
    />
  );
}
