import { expect, test } from "bun:test";
import { dimensions } from "../../core/click.ts";
import { Alike } from "./alike.ts";
import type { Tuple } from "./tuples.ts";
import { Rows } from "./values.ts";

test("clicks of one hour with the same values are one tuple, in which each visitor is once", () => {
  const rows = new Rows();
  const values = (city: string) => dimensions.map((name) => (name === "city" ? city : ""));
  const [berlin, paris] = [values("Berlin"), values("Paris")];
  const tuple = (hour: number, values: readonly string[], clicks: number, ...visitors: number[]): Tuple => {
    return { hour, row: rows.of(values), clicks, visitors };
  };
  const added = [
    tuple(7, berlin, 3, 9, 4),
    tuple(5, berlin, 1, 4),
    tuple(7, paris, 1, 9),
    tuple(7, berlin, 2, 4, 5),
    tuple(5, berlin, 2),
  ];
  const before = structuredClone(added);
  // Few are looked through, many are found by a map.
  for (const more of [0, 20]) {
    const alike = new Alike();
    for (let i = 0; i < more; i++) alike.add(tuple(1, values(`City ${i}`), 1, i));
    for (const one of added) alike.add(one);
    const found = alike.tuples().map(({ row, ...rest }) => {
      return { ...rest, city: rows.values.text(dimensions.indexOf("city"), row[3] ?? 0) };
    });
    expect(found.slice(0, more).map(({ city }) => city)).toEqual(Array.from({ length: more }, (_, i) => `City ${i}`));
    expect(found.slice(more)).toEqual([
      { hour: 5, city: "Berlin", clicks: 3, visitors: [4] },
      { hour: 7, city: "Berlin", clicks: 5, visitors: [4, 5, 9] },
      { hour: 7, city: "Paris", clicks: 1, visitors: [9] },
    ]);
    // What was added is still its owner's.
    expect(added).toEqual(before);
  }
});

test("where hardly any are alike, nothing is looked for, and nothing is lost", () => {
  const row = (number: number) => dimensions.map(() => number);
  const rows = Array.from({ length: 1000 }, (_, number) => row(number));
  const [alike, different] = [new Alike(), new Alike()];
  for (let i = 0; i < 4000; i++) {
    alike.add({ hour: 1, row: rows[i % 100] ?? [], clicks: 1, visitors: [i] });
    different.add({ hour: i % 3, row: rows[(i * 7) % 1000] ?? [], clicks: 2, visitors: [i] });
  }
  const sums = [alike, different].map((one) => {
    const tuples = one.tuples();
    const visitors = new Set(tuples.flatMap(({ visitors }) => visitors)).size;
    return { tuples: tuples.length, clicks: tuples.reduce((sum, { clicks }) => sum + clicks, 0), visitors };
  });
  expect(sums).toEqual([
    { tuples: 100, clicks: 4000, visitors: 4000 },
    { tuples: 4000, clicks: 8000, visitors: 4000 },
  ]);
});
