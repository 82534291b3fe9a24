import { expect, setDefaultTimeout, test } from "bun:test";
import { inSqlite, visitorsProof, yearProof } from "./proofs/counts.ts";

setDefaultTimeout(180_000);
const quiet = () => undefined;

test.each([1, 5000])("a year of clicks on %i links is summed exactly, and small on disk", async (links) => {
  const place = inSqlite();
  try {
    const options = { clicks: 60_000, links, rounds: 10, seed: Date.now() % 1_000_000, log: quiet };
    const { wrong, live } = await yearProof(place, options);
    expect({ seed: options.seed, wrong }).toEqual({ seed: options.seed, wrong: [] });
    // Bytes a click.
    expect(live).toBeLessThan(400);
  } finally {
    await place.remove();
  }
});

test("10, 1,000 and 60,000 visitors are estimated within 2 %, also over links merged", async () => {
  const place = inSqlite();
  try {
    expect(await visitorsProof(place, [10, 1000, 60_000], quiet)).toEqual([]);
  } finally {
    await place.remove();
  }
});
