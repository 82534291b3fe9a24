import { expect, test } from "bun:test";
import fc from "fast-check";
import { linkKey } from "./keys.ts";
import { LinkOrder } from "./order.ts";

// Names that have the same first half, or the same key, or are hashed because they are no click ids.
const digits = fc.constantFrom("00000000", "00000001", "7fffffff", "ffffffff", "a1b2c3d4");
const name = fc.oneof(
  fc.tuple(digits, digits).map(([hi, lo]) => hi + lo),
  fc.constantFrom("", "short", "G000000000000000", "ein sehr langer Name"),
);

test("things are put in the order of links' keys, those of one link as they came", () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 80 }), (names) => {
      const keys = names.map(linkKey);
      const wanted = names
        .map((link, place) => ({ link, place, ...linkKey(link) }))
        .sort((a, b) => a.hi - b.hi || a.lo - b.lo || a.place - b.place);
      const order = new LinkOrder(names.map((link) => ({ link })));
      const places: number[] = [];
      order.each((hi, lo, from, to) => {
        for (let at = from; at < to; at++) {
          expect(keys[order.at(at)]).toEqual({ hi, lo });
          places.push(order.at(at));
        }
        // All of a link are together.
        expect(names.filter((_, place) => keys[place]?.hi === hi && keys[place]?.lo === lo)).toHaveLength(to - from);
      });
      expect(places).toEqual(wanted.map(({ place }) => place));
    }),
  );
});

test("more of them than there is room for in a number", () => {
  const order = new LinkOrder(
    Array.from({ length: 2 ** 20 + 1 }, (_, at) => ({ link: at % 2 === 0 ? "0000000000000001" : "0000000000000000" })),
  );
  const groups: number[][] = [];
  order.each((_, lo, from, to) => groups.push([lo, to - from, order.at(from), order.at(to - 1)]));
  expect(groups).toEqual([
    [0, 2 ** 19, 1, 2 ** 20 - 1],
    [1, 2 ** 19 + 1, 0, 2 ** 20],
  ]);
});
