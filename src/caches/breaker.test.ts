import { expect, test } from "bun:test";
import { Breaker } from "./breaker.ts";

test("five failures in a row open it, and a success between them does not count less", () => {
  const breaker = new Breaker();
  for (let i = 0; i < 4; i++) expect(breaker.note(true, i * 25)).toBe(false);
  expect(breaker.note(false, 100)).toBe(false);
  for (let i = 0; i < 4; i++) expect(breaker.note(true, 110 + i * 25)).toBe(false);
  expect(breaker.note(true, 210)).toBe(true);
});

test("one stall of many requests does not", () => {
  const breaker = new Breaker();
  for (let i = 0; i < 500; i++) expect(breaker.note(true, 10 + i / 100)).toBe(false);
});

test("half of all for half a second does, a third does not", () => {
  const opens = (every: number) => {
    const breaker = new Breaker();
    for (let now = 0; now < 3000; now += 5) if (breaker.note((now / 5) % every === 0, now)) return now;
    return undefined;
  };
  expect(opens(2)).toBeLessThan(600);
  expect(opens(3)).toBeUndefined();
});

test("a new connection starts without a past", () => {
  const breaker = new Breaker();
  for (let i = 0; i < 4; i++) breaker.note(true, i * 25);
  breaker.reset();
  expect(breaker.note(true, 100)).toBe(false);
});
