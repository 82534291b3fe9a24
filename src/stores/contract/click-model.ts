import {
  type ClickAnswer,
  type ClickBatch,
  type ClickQuery,
  type ClickUnit,
  dimensions,
  type Tally,
} from "../../core/click.ts";

const hourMs = 3_600_000;

function startOf(unit: ClickUnit, ms: number): number {
  const date = new Date(ms);
  if (unit === "hour") return date.setUTCMinutes(0, 0, 0);
  date.setUTCHours(0, 0, 0, 0);
  if (unit === "week") date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  if (unit === "month") date.setUTCDate(1);
  return date.getTime();
}

function endOf(unit: ClickUnit, ms: number): number {
  const date = new Date(startOf(unit, ms));
  if (unit === "hour") date.setUTCHours(date.getUTCHours() + 1);
  if (unit === "day") date.setUTCDate(date.getUTCDate() + 1);
  if (unit === "week") date.setUTCDate(date.getUTCDate() + 7);
  if (unit === "month") date.setUTCMonth(date.getUTCMonth() + 1);
  return date.getTime();
}

/** What the counts must be: every tally is kept, and looked at for each answer. */
export class ClickModel {
  readonly #tallies: Tally[] = [];
  readonly #last = new Map<string, number>();

  add({ writer, number, tallies }: ClickBatch): void {
    if (number <= (this.#last.get(writer) ?? -1)) return;
    this.#last.set(writer, number);
    this.#tallies.push(...tallies);
  }

  clicksOf(link: string): number {
    return this.#tallies.reduce((sum, tally) => sum + (tally.link === link ? tally.clicks : 0), 0);
  }

  /** Visitors are told apart exactly, so only for as many as the store tells apart exactly. */
  read({ subject, from, to, unit, by, bots }: ClickQuery): ClickAnswer {
    const [start, end] = [startOf(unit, from), to <= from ? startOf(unit, from) : endOf(unit, to - 1)];
    const mine = this.#tallies.filter(({ link, tags, hour }) => {
      if (hour * hourMs < start || hour * hourMs >= end) return false;
      if (subject.of === "unknown") return link === null;
      if (link === null) return false;
      return subject.of === "all" || (subject.of === "tag" ? tags.includes(subject.tag) : link === subject.link);
    });
    const isBot = ({ values }: Tally) => values[dimensions.indexOf("bot")] !== "";
    const sum = (tallies: readonly Tally[]) => tallies.reduce((clicks, tally) => clicks + tally.clicks, 0);
    const shown = mine.filter((tally) => bots || by === "bot" || !isBot(tally));
    const steps = Map.groupBy(shown, ({ hour }) => startOf(unit, hour * hourMs));
    const all = Map.groupBy(mine, ({ hour }) => startOf(unit, hour * hourMs));
    const series = [...steps]
      .map(([step, tallies]) => ({ start: step, clicks: sum(tallies), unique: visitorsOf(all.get(step) ?? [], unit) }))
      .sort((a, b) => a.start - b.start);
    const values = Map.groupBy(shown, (tally) => (by === null ? "" : (tally.values[dimensions.indexOf(by)] ?? "")));
    const groups = [...values]
      .map(([value, tallies]) => ({ value, clicks: sum(tallies) }))
      .sort((a, b) => b.clicks - a.clicks || (a.value < b.value ? -1 : 1));
    return {
      unit,
      total: sum(mine.filter((tally) => !isBot(tally))),
      bots: sum(mine.filter(isBot)),
      unique: visitorsOf(mine, "day"),
      series,
      groups: by === null ? [] : groups,
    };
  }
}

/** A visitor counts once an hour where hours are shown, once a day otherwise. */
function visitorsOf(tallies: readonly Tally[], unit: ClickUnit): number {
  const periods = Map.groupBy(tallies, ({ hour }) => (unit === "hour" ? hour : Math.floor(hour / 24)));
  let count = 0;
  for (const there of periods.values()) count += new Set(there.flatMap(({ visitors }) => visitors)).size;
  return count;
}
