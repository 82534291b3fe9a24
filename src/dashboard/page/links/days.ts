import { api } from "../api/api.ts";
import { Cell } from "../ui/cell.ts";

const day = 86_400_000;
/** Links whose days are remembered, and how many are asked for at a time. */
const remembered = 2000;
const atOnce = 4;

const known = new Map<string, readonly number[]>();
const waiting = new Set<string>();
let asking = 0;
/** Rises when days arrive. */
export const daysArrived = new Cell(0);

/** The clicks of a link on each of the last 30 days, today last; `undefined` until they are here. */
export function daysOf(slug: string): readonly number[] | undefined {
  return known.get(slug);
}

/** Asks for the days of the links that are seen, the others' turn is over. */
export function wantDays(slugs: readonly string[]): void {
  waiting.clear();
  for (const slug of slugs) if (!known.has(slug)) waiting.add(slug);
  next();
}

function next(): void {
  for (const slug of waiting) {
    if (asking >= atOnce) return;
    waiting.delete(slug);
    asking++;
    void readDays(slug).finally(() => {
      asking--;
      next();
    });
  }
}

async function readDays(slug: string): Promise<void> {
  const today = Math.floor(Date.now() / day);
  const from = new Date((today - 29) * day).toISOString();
  const to = new Date((today + 1) * day).toISOString();
  try {
    const { series } = await api.clicks.read(slug, { from, to, unit: "day" });
    const days = Array.from({ length: 30 }, () => 0);
    for (const step of series) {
      const at = Math.floor(Date.parse(step.start) / day) - today + 29;
      if (at >= 0 && at < 30) days[at] = step.clicks;
    }
    for (const old of known.keys()) {
      if (known.size < remembered) break;
      known.delete(old);
    }
    known.set(slug, days);
    daysArrived.value++;
  } catch {
    // The row stays without; it is asked for again when it is seen again.
  }
}
