import type { ClickQuery, ClickUnit } from "../../core/click.ts";
import { hourMs, type Parts, partsOf, unitEnd, unitStart } from "./periods.ts";

/** What is asked, in whole hours, `to` exclusive. */
export interface Range {
  readonly unit: ClickUnit;
  readonly from: number;
  readonly to: number;
  readonly parts: Parts;
}

/** No click is later, in ms. */
const latest = Date.UTC(2900, 0);

/** Hours before `hoursFrom` are not told apart any more. */
export function rangeOf({ unit: asked, from, to }: ClickQuery, hoursFrom: number): Range {
  const first = Math.floor(Math.min(Math.max(from, 0), latest) / hourMs);
  const last = Math.floor((Math.min(Math.max(to, 0), latest) - 1) / hourMs);
  const unit = asked === "hour" && first < hoursFrom ? "day" : asked;
  const start = unitStart(unit, first);
  const end = to <= from ? start : unitEnd(unit, last);
  return { unit, from: start, to: end, parts: partsOf(start, end) };
}
