import { expect, test } from "bun:test";
import { dimensions } from "../core/click.ts";
import { Enricher } from "./enrich.ts";
import { Places } from "./places.ts";

const salt = new Uint8Array(32).fill(7);
const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0";
const told = (values: readonly string[]) =>
  Object.fromEntries(dimensions.map((name, at) => [name, values[at]]).filter(([, value]) => value !== ""));

test("what visitors sent becomes what is counted, however much came before", () => {
  const enricher = new Enricher(new Places([]));
  const profile = (i: number) => {
    const site = `https://www.site${i % 20_000}.example\nutm_source=s${i % 7}`;
    return enricher.profile(`${firefox} ${i % 3}`, site, i % 2 === 0 ? "de-AT" : "fr", `192.0.2.${i % 250}`, salt);
  };
  const numbers = new Map<number, string>();
  // More than is remembered of referrers, twice.
  for (let i = 0; i < 40_000; i++) {
    const { values, valuesNumber, visitors } = profile(i);
    const text = values.join("\n");
    expect(numbers.get(valuesNumber) ?? text).toBe(text);
    numbers.set(valuesNumber, text);
    expect(visitors).toHaveLength(1);
    if (i % 5_000 === 0)
      expect(told(values)).toEqual({
        referrer: `site${i % 20_000}.example`,
        ...{ browser: "Firefox", os: "Linux", device: "desktop", language: i % 2 === 0 ? "de" : "fr" },
        utm_source: `s${i % 7}`,
      });
  }
});

test("alike visitors share their values, and each is told apart by address and agent, with another number by another salt", () => {
  const enricher = new Enricher(new Places([]));
  const [one, two, other] = ["192.0.2.1", "192.0.2.2", "192.0.2.1"].map((address, i) =>
    enricher.profile(i < 2 ? firefox : `${firefox} x`, "", i === 0 ? "en-GB" : "en", address, salt),
  );
  expect(two?.values).toBe(one?.values as readonly string[]);
  expect(two?.valuesNumber).toBe(one?.valuesNumber as number);
  const again = enricher.profile(firefox, "", "de", "192.0.2.1", salt);
  expect(again.visitors).toEqual(one?.visitors as number[]);
  const otherDay = enricher.profile(firefox, "", "en", "192.0.2.1", new Uint8Array(32).fill(8));
  const all = [one, two, other, otherDay].flatMap((profile) => profile?.visitors ?? []);
  expect(new Set(all).size).toBe(4);
  for (const visitor of all) expect(visitor).toBeLessThan(2 ** 52);
  expect(enricher.profile("curl/8", "", "en", "192.0.2.1", salt).visitors).toEqual([]);
  expect(enricher.profile(firefox, "", "en", "192.0.2.1", null).visitors).toEqual([]);
});
