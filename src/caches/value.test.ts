import { expect, test } from "bun:test";
import { sampleLink } from "./contract.ts";
import { Ring } from "./ring.ts";
import { markerValue, readValue, recordValue, supersedes } from "./value.ts";

const record = sampleLink("a", 7, { note: "Grüße 😀" });
const { text } = recordValue(record, 1000);

test("a value is read as it was written, until it expires", () => {
  expect(readValue(record, text, 999)).toEqual(record);
  expect(readValue(record, text, 1000)).toBeUndefined();
  expect(readValue(record, markerValue(record, 1000).text, 999)).toBe("marker");
});

test("every flipped, missing or added character is found, and never throws", () => {
  for (let i = 0; i < text.length; i++) {
    for (const changed of [
      `${text.slice(0, i)}${String.fromCharCode(text.charCodeAt(i) ^ 1)}${text.slice(i + 1)}`,
      text.slice(0, i),
      `${text.slice(0, i)}0${text.slice(i)}`,
    ]) {
      expect(readValue(record, changed, 0)).toBeUndefined();
    }
  }
});

test("what takes the place of what", () => {
  const marker = (version: number) => markerValue(sampleLink("a", version), 1000);
  const link = (version: number) => recordValue(sampleLink("a", version), 1000);
  expect(supersedes(link(2), link(1).text)).toBe(true);
  expect(supersedes(link(1), link(1).text)).toBe(false);
  expect(supersedes(link(1), link(2).text)).toBe(false);
  expect(supersedes(link(2), marker(2).text)).toBe(true);
  expect(supersedes(link(1), marker(2).text)).toBe(false);
  expect(supersedes(marker(2), link(2).text)).toBe(false);
  expect(supersedes(marker(3), link(2).text)).toBe(true);
  expect(supersedes(link(1), link(2).text.replace("/2", "/3"))).toBe(true);
  expect(supersedes(link(1), "nonsense")).toBe(true);
});

test("of three servers each has about a third, and a fourth takes only its own share", () => {
  const names = ["a:1", "b:1", "c:1"];
  const [three, four] = [new Ring(names), new Ring([...names, "d:1"])];
  const hashes = Array.from({ length: 30_000 }, (_, i) => Bun.hash.xxHash32(`${i}`));
  for (let server = 0; server < 3; server++) {
    const share = hashes.filter((hash) => three.serverOf(hash) === server).length / hashes.length;
    expect(share).toBeGreaterThan(0.25);
    expect(share).toBeLessThan(0.42);
  }
  const moved = hashes.filter((hash) => four.serverOf(hash) !== three.serverOf(hash));
  expect(moved.every((hash) => four.serverOf(hash) === 3)).toBe(true);
  expect(moved.length / hashes.length).toBeLessThan(0.33);
});
