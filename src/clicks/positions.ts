/** How far each segment was read, in bytes, by its name: what a batch's `position` says. */
export type Positions = Map<string, number>;

export function positionsOf(position: string): Positions {
  return new Map(position === "" ? [] : Object.entries(JSON.parse(position) as Record<string, number>));
}

export function textOf(positions: ReadonlyMap<string, number>): string {
  return JSON.stringify(Object.fromEntries(positions));
}

/** What was read by any of them. */
export function furthest(...all: readonly ReadonlyMap<string, number>[]): Positions {
  const merged: Positions = new Map();
  for (const positions of all)
    for (const [name, end] of positions) merged.set(name, Math.max(end, merged.get(name) ?? 0));
  return merged;
}
