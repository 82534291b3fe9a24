import { expect, test } from "bun:test";
import { SlugFilter } from "./slug-filter.ts";

function filterFor(keys: number, seed = 42): SlugFilter {
  return SlugFilter.make(new Uint32Array(SlugFilter.bytesFor(keys) / 4), seed);
}

test("every key that was added is in it", () => {
  const filter = filterFor(20_000);
  const keys = Array.from({ length: 20_000 }, (_, i) => (i % 3 === 0 ? `example.org//s${i}` : `ü${i.toString(36)}`));
  for (const key of keys) filter.add(key);
  expect(keys.filter((key) => !filter.mayHave(key))).toEqual([]);
  expect(filter.added).toBe(20_000);
});

test("full, it takes about one unknown key in 400 for known", () => {
  for (const seed of [0, 1, -5, 0x7fffffff]) {
    const filter = filterFor(50_000, seed);
    expect(filter.capacity).toBeGreaterThanOrEqual(50_000);
    for (let i = 0; i < 50_000; i++) filter.add(`known${i}`);
    let seeming = 0;
    for (let i = 0; i < 100_000; i++) if (filter.mayHave(`other${i}`)) seeming++;
    expect(seeming).toBeLessThan(400);
  }
});

test("another view of the same memory sees what is added", () => {
  const words = new Uint32Array(SlugFilter.bytesFor(10) / 4);
  const written = SlugFilter.make(words, 7);
  const read = new SlugFilter(new Uint32Array(words.buffer));
  expect(read.mayHave("late")).toBe(false);
  written.add("late");
  expect(read.mayHave("late")).toBe(true);
});
