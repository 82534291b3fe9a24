import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { go, place } from "../route.ts";
import { useKeys } from "../shell/shortcuts.ts";
import { type TextName, t } from "../texts/catalogue.ts";
import { useCell } from "./cell.ts";
import { date } from "./format.ts";
import { Icon } from "./icons.tsx";
import { Menu } from "./menu.tsx";
import { day, latest, type Range, whole } from "./steps.ts";

const presets = [
  ["24h", day],
  ["7d", 7 * day],
  ["30d", 30 * day],
  ["90d", 90 * day],
  ["1y", 365 * day],
] as const;

export interface Chosen {
  readonly range: Range;
  /** The name of the preset, or `custom`. */
  readonly name: string;
}

/** The range that the address names: a preset, or from and to. `since`: when "All" begins. */
export function useRange(since: number, fallback: string): Chosen {
  const { query } = useCell(place);
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  const [from, to] = [Date.parse(query.get("from") ?? ""), Date.parse(query.get("to") ?? "")];
  if (from < to) return { range: whole(from, to), name: "custom" };
  const name = query.get("range") ?? fallback;
  if (name === "all") return { range: whole(Math.min(since, now - day), now + 1), name };
  const preset = presets.find(([one]) => one === name) ?? presets[3];
  return { range: latest(preset[1], now), name: preset[0] };
}

function choose(values: Readonly<Record<string, string>>): void {
  const query = new URLSearchParams(values);
  go(`${location.pathname}?${query}`, true);
}

export function zoomTo(from: number, to: number): void {
  choose({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });
}

/** "1 Apr – 29 Jun". */
export function rangeText({ from, to, unit }: Range): string {
  const last = to - 1;
  const years = new Date(from).getUTCFullYear() !== new Date(last).getUTCFullYear();
  const shape = unit === "hour" && to - from <= 2 * day ? "full" : years ? "year" : "day";
  return `${date(from, shape, true)} – ${date(last, shape, true)}`;
}

/** The ranges to choose from, and any other by its dates. `[` and `]` go to the one before and after. */
export function Ranges({ range, name }: Chosen): JSX.Element {
  const [from, setFrom] = useState(new Date(range.from).toISOString().slice(0, 10));
  const [to, setTo] = useState(new Date(range.to - 1).toISOString().slice(0, 10));
  const step = (times: number) => {
    const span = range.to - range.from;
    if (range.from + times * span <= Date.now()) zoomTo(range.from + times * span, range.to + times * span);
  };
  useKeys({ "[": () => step(-1), "]": () => step(1) });
  return (
    <div class="ranges">
      <div class="by-state" role="group" aria-label={t("range.label")}>
        {[...presets.map(([one]) => one), "all"].map((one) => (
          <button key={one} type="button" aria-pressed={one === name} onClick={() => choose({ range: one })}>
            {t(`range.${one}` as TextName)}
          </button>
        ))}
      </div>
      <Menu
        class="plain range-dates"
        label={`${t("range.other")}: ${rangeText(range)}`}
        face={
          <>
            {rangeText(range)} <Icon name="down" />
          </>
        }
      >
        {(close) => (
          <form
            class="range-form"
            onSubmit={(event) => {
              event.preventDefault();
              const [first, last] = [Date.parse(from), Date.parse(to) + day];
              if (!(first < last)) return;
              close();
              zoomTo(first, last);
            }}
          >
            <label>
              {t("range.from")}
              <span class="input">
                <input
                  type="date"
                  value={from}
                  max={to}
                  required
                  onInput={(event) => setFrom(event.currentTarget.value)}
                />
              </span>
            </label>
            <label>
              {t("range.to")}
              <span class="input">
                <input
                  type="date"
                  value={to}
                  min={from}
                  required
                  onInput={(event) => setTo(event.currentTarget.value)}
                />
              </span>
            </label>
            <button type="submit" class="button small">
              {t("range.show")}
            </button>
          </form>
        )}
      </Menu>
    </div>
  );
}
