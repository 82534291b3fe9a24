import { area, curveStepAfter, line } from "d3-shape";
import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Unit } from "../../../client/client.ts";
import { t } from "../texts/catalogue.ts";
import { count, date, shorter } from "./format.ts";
import { type Drawn, dated, gridOf, type Range } from "./steps.ts";

export interface ChartProps {
  readonly range: Range;
  readonly steps: readonly Drawn[];
  /** Pixels above zero. */
  readonly high: number;
  readonly at: number | undefined;
  readonly onAt: (at: number | undefined) => void;
  readonly onZoom: (from: number, to: number) => void;
  /** What is said where there was nothing. */
  readonly empty: string;
}

/** Places for the numbers of the grid, for bots below zero, and for dates. */
const [gutter, below, axis] = [44, 44, 28];

/** How a step is called. */
export function stepName(start: number, unit: Unit): string {
  return date(start, unit === "hour" ? "hour" : unit === "day" ? "weekday" : unit === "week" ? "year" : "month", true);
}

/**
 * Clicks as a pale area under a line, visitors as a stronger one inside it, bots hatched below zero at the same scale.
 * Drawn as SVG with d3-shape's steps: it follows the theme, prints, and costs 2 KB.
 */
export function Chart(props: ChartProps): JSX.Element {
  const { range, steps, high, at, onAt, onZoom } = props;
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [marked, setMarked] = useState<number>();
  const id = useId();
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const inner = Math.max(0, width - gutter);
  const highest = Math.max(0, ...steps.map((step) => step.clicks));
  const grid = gridOf(highest, width < 480 ? 2 : 3);
  const top = Math.max(highest, grid.at(-1) ?? 1) * 1.09;
  const x = (i: number) => (steps.length === 0 ? 0 : (inner * i) / steps.length);
  const y = (value: number) => high - (high * value) / top;
  const depth = (value: number) => Math.min(below, (high * value) / top);
  const shown = at === undefined ? undefined : steps[at];

  const indexAt = (event: PointerEvent) => {
    const left = event.clientX - (box.current?.getBoundingClientRect().left ?? 0);
    return left < 0 || left > inner
      ? undefined
      : Math.max(0, Math.min(steps.length - 1, Math.floor((left / inner) * steps.length)));
  };
  const zoom = (to: number | undefined) => {
    if (marked !== undefined && to !== undefined && Math.abs(to - marked) > 0) {
      const [first, last] = [steps[Math.min(marked, to)], steps[Math.max(marked, to)]];
      const end = steps[Math.max(marked, to) + 1]?.start ?? range.to;
      if (first !== undefined && last !== undefined) onZoom(first.start, end);
    }
    setMarked(undefined);
  };
  const pressed = (event: KeyboardEvent) => {
    const last = steps.length - 1;
    const from = at ?? (event.key === "ArrowLeft" ? steps.length : -1);
    const to: Readonly<Record<string, number>> = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last };
    const next = to[event.key];
    if (next !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      if (event.shiftKey) setMarked(marked ?? Math.max(0, Math.min(last, from)));
      else setMarked(undefined);
      onAt(Math.max(0, Math.min(last, next)));
    } else if (event.key === "Enter" && marked !== undefined) {
      event.preventDefault();
      zoom(at);
    } else if (event.key === "Escape" && at !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      setMarked(undefined);
      onAt(undefined);
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    }
  };

  return (
    <div
      ref={box}
      class="chart"
      role="slider"
      tabIndex={0}
      aria-label={t("chart.label")}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, steps.length - 1)}
      aria-valuenow={at ?? 0}
      aria-valuetext={shown === undefined ? t("chart.none") : spoken(shown, range.unit)}
      onKeyDown={pressed}
      onBlur={() => onAt(undefined)}
      onPointerMove={(event) => onAt(indexAt(event))}
      onPointerDown={(event) => event.pointerType === "mouse" && setMarked(indexAt(event))}
      onPointerUp={(event) => zoom(indexAt(event))}
      onPointerLeave={() => {
        setMarked(undefined);
        onAt(undefined);
      }}
    >
      <svg width={width} height={high + below + axis} aria-hidden="true">
        <defs>
          <pattern id={id} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <path d="M0 0V5" class="hatch" />
          </pattern>
        </defs>
        {grid.map((value) => (
          <g key={value}>
            <path class="gridline" d={`M0 ${Math.round(y(value)) + 0.5}H${inner}`} />
            <text x={width} y={y(value) + 4} class="scale">
              {shorter(value)}
            </text>
          </g>
        ))}
        <text x={width} y={high + 4} class="scale">
          0
        </text>
        {highest > 0 || steps.some((step) => step.bots > 0) ? (
          <Shapes steps={steps} x={x} y={y} depth={depth} zero={high} pattern={id} />
        ) : (
          width > 0 && (
            <text x={0} y={high - 12} class="nothing-here">
              {props.empty}
            </text>
          )
        )}
        <path class="zero" d={`M0 ${high + 0.5}H${inner}`} />
        {marked !== undefined && at !== undefined && marked !== at && (
          <rect
            class="marked"
            x={x(Math.min(marked, at))}
            y={0}
            width={x(Math.abs(at - marked) + 1)}
            height={high + below}
          />
        )}
        {at !== undefined && shown !== undefined && (
          <g>
            <rect class="at" x={x(at)} y={0} width={Math.max(1, x(1))} height={high + below} />
            <path class="needle" d={`M${Math.round(x(at + 0.5)) + 0.5} 0V${high + below}`} />
            <rect class="knob" x={x(at + 0.5) - 4} y={y(shown.clicks) - 4.5} width="9" height="9" />
          </g>
        )}
        {width > 0 && <Dates {...props} x={x} top={high + below} inner={inner} />}
      </svg>
    </div>
  );
}

interface Scales {
  readonly x: (i: number) => number;
  readonly y: (value: number) => number;
  readonly depth: (value: number) => number;
}

function Shapes(props: Scales & { steps: readonly Drawn[]; zero: number; pattern: string }): JSX.Element {
  const { steps, x, y, depth, zero, pattern } = props;
  const last = steps.at(-1);
  // The last step has an end too.
  const points = last === undefined ? [] : [...steps, last];
  const running = steps.length - 1;
  const filled = (to: (step: Drawn) => number) =>
    area<Drawn>((_, i) => x(i), zero, to).curve(curveStepAfter)(points) ?? "";
  const lined = (to: (step: Drawn) => number, some: readonly Drawn[], first = 0) =>
    line<Drawn>((_, i) => x(i + first), to).curve(curveStepAfter)(some) ?? "";
  const done = points.slice(0, -1);
  const now = points.slice(-2);
  const clicks = (step: Drawn) => y(step.clicks);
  const deep = (step: Drawn) => zero + 1 + depth(step.bots);
  return (
    <g>
      <path class="clicks" d={filled(clicks)} />
      <path class="visitors" d={filled((step) => y(step.visitors))} />
      <path class="visitors-line" d={lined((step) => y(step.visitors), points)} />
      <path fill={`url(#${pattern})`} d={filled(deep)} />
      <path class="bots-line" d={lined(deep, points)} />
      <path class="clicks-line" d={lined(clicks, done)} />
      <path class="clicks-line running" d={lined(clicks, now, running)} />
    </g>
  );
}

function Dates(props: ChartProps & { x: (i: number) => number; top: number; inner: number }): JSX.Element {
  const { range, steps, x, top, inner } = props;
  const named = dated(range, steps, inner < 480 ? 1 : 3);
  const shape = range.unit === "hour" ? (steps.length > 48 ? "day" : "time") : range.unit === "month" ? "month" : "day";
  return (
    <g>
      {named.map((i, nth) => {
        const isLast = nth === named.length - 1 && nth > 0;
        const at = isLast ? inner : x(i);
        return (
          <g key={i}>
            <path class="tick" d={`M${Math.min(inner - 0.5, Math.round(at) + 0.5)} ${top}v4`} />
            <text class="date" x={at} y={top + 18} text-anchor={isLast ? "end" : "start"}>
              {date(steps[i]?.start ?? range.from, shape, true)}
            </text>
          </g>
        );
      })}
    </g>
  );
}

function spoken(step: Drawn, unit: Unit): string {
  const values = { clicks: count(step.clicks), visitors: count(step.visitors), bots: count(step.bots) };
  return t("chart.step", { when: stepName(step.start, unit), ...values });
}
