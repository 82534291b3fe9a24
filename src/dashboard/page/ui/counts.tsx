import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import type { Counts } from "../api/clicks.ts";
import { t } from "../texts/catalogue.ts";
import { Chart, stepName } from "./chart.tsx";
import { count } from "./format.ts";
import { Trap } from "./layers.tsx";
import { type Chosen, Ranges, zoomTo } from "./range.tsx";

export interface CountsProps {
  readonly chosen: Chosen;
  readonly counts: Counts | undefined;
  readonly high: number;
  readonly ranges: boolean;
  readonly empty: string;
}

/** What the three textures mean, with the sums of the range, or of the step that is pointed at. */
function Legend(props: { when: string; clicks: number; visitors: number; bots: number }): JSX.Element {
  const item = (kind: string, name: string, value: number) => (
    <span class="legend-item">
      <svg width="11" height="11" viewBox="0 0 11 11" aria-hidden="true" class={`swatch ${kind}`}>
        {kind === "clicks" && (
          <>
            <path d="M0 4h6v3h5v4H0z" class="clicks" />
            <path d="M0 3.25h6.25v3H11" class="clicks-line" />
          </>
        )}
        {kind === "visitors" && (
          <>
            <path d="M0 0h11v11H0z" class="visitors" />
            <path d="M0 .5h11" class="clicks-line thin" />
          </>
        )}
        {kind === "bots" && <path d="M.5.5h10v10H.5zM.5 7.5l7-7M.5 10.5l10-10M3.5 10.5l7-7" class="bots-line" />}
      </svg>
      {name} <b>{count(value)}</b>
    </span>
  );
  return (
    <div class="legend">
      <span class="when">{props.when}</span>
      {item("clicks", t("stats.clicks"), props.clicks)}
      {item("visitors", t("stats.visitors"), props.visitors)}
      {item("bots", t("stats.bots"), props.bots)}
    </div>
  );
}

/** A chart with its ranges, its legend and, on demand, its table. */
export function CountsChart({ chosen, counts, high, ranges, empty }: CountsProps): JSX.Element {
  const [at, setAt] = useState<number>();
  const [table, setTable] = useState(false);
  const step = at === undefined ? undefined : counts?.steps[at];
  const unit = counts?.range.unit ?? chosen.range.unit;
  const sums = { clicks: counts?.total ?? 0, visitors: counts?.unique ?? 0, bots: counts?.bots ?? 0 };
  return (
    <section class="counts-chart" aria-label={t("chart.label")}>
      <div class="chart-head">
        {ranges ? (
          <Ranges key={chosen.range.from} {...chosen} />
        ) : (
          <span class="chart-hint">{t(`chart.hint.${unit}`)}</span>
        )}
        <Legend {...(step ?? sums)} when={step === undefined ? t("chart.whole") : stepName(step.start, unit)} />
        <button type="button" class="plain chart-table" onClick={() => setTable(true)}>
          {t("chart.table")}
        </button>
      </div>
      <Chart
        range={counts?.range ?? chosen.range}
        steps={counts?.steps ?? []}
        high={high}
        at={at}
        onAt={setAt}
        onZoom={zoomTo}
        empty={counts === undefined ? "" : empty}
      />
      {table && counts !== undefined && (
        <Trap close={() => setTable(false)} label={t("chart.label")} class="dialog chart-numbers">
          <table>
            <thead>
              <tr>
                <th scope="col">{t(`unit.${unit}`)}</th>
                <th scope="col">{t("stats.clicks")}</th>
                <th scope="col">{t("stats.visitors")}</th>
                <th scope="col">{t("stats.bots")}</th>
              </tr>
            </thead>
            <tbody>
              {[...counts.steps].reverse().map((one) => (
                <tr key={one.start}>
                  <th scope="row">{stepName(one.start, unit)}</th>
                  <td>{count(one.clicks)}</td>
                  <td>{count(one.visitors)}</td>
                  <td>{count(one.bots)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <div class="buttons">
            <button type="button" class="button" data-first onClick={() => setTable(false)}>
              {t("common.close")}
            </button>
          </div>
        </Trap>
      )}
    </section>
  );
}

/** Numbers in one ruled strip. */
export function Strip({ children }: { children: ComponentChildren }): JSX.Element {
  return <dl class="strip">{children}</dl>;
}

export function Figure(props: {
  readonly name: ComponentChildren;
  readonly value: ComponentChildren;
  readonly note: ComponentChildren;
  readonly live?: boolean;
}): JSX.Element {
  return (
    <div class="figure">
      <dt>
        {props.live === true && <i class="live" />}
        {props.name}
      </dt>
      <dd class="value">{props.value}</dd>
      <dd class="note">{props.note}</dd>
    </div>
  );
}
