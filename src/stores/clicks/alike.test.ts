import { expect, test } from "bun:test";
import { dimensions, type Tally } from "../../core/click.ts";
import { Alike } from "./alike.ts";
import { Rows } from "./values.ts";

const visitor = (number: number) => number * 2 ** 20;

test("clicks of one hour with the same values are one tuple, in which each visitor is once", () => {
  const rows = new Rows();
  const values = (city: string) => dimensions.map((name) => (name === "city" ? city : ""));
  const [berlin, paris] = [values("Berlin"), values("Paris")];
  const tally = (hour: number, values: readonly string[], clicks: number, ...visitors: number[]): Tally => {
    return { link: "0000000000000001", tags: [], hour, values, clicks, visitors: visitors.map(visitor) };
  };
  const alike = new Alike();
  for (const one of [
    tally(7, berlin, 3, 9, 4),
    tally(5, berlin, 1, 4),
    tally(7, paris, 1, 9),
    tally(7, berlin, 2, 4, 5),
    tally(5, berlin, 2),
  ])
    alike.add(one, rows.of(one.values));
  const found = alike.tuples().map(({ hour, row, clicks, visitors }) => ({
    ...{ hour, clicks, visitors, city: rows.values.text(dimensions.indexOf("city"), row[3] ?? 0) },
  }));
  expect(found).toEqual([
    { hour: 5, city: "Berlin", clicks: 3, visitors: [4] },
    { hour: 7, city: "Berlin", clicks: 5, visitors: [4, 5, 9] },
    { hour: 7, city: "Paris", clicks: 1, visitors: [9] },
  ]);
});
