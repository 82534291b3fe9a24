/** One owner for each slug, whoever asks at the same time. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { ask } from "./client.ts";
import { counterProof } from "./proofs/counter.ts";
import { type Server, startServer } from "./server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer({ args: ["--workers", "4"] });
});
afterAll(() => server.stop());

const fifty = <T>(one: (i: number) => Promise<T>) => Promise.all(Array.from({ length: 50 }, (_, i) => one(i)));
const apart = { connection: "close" };

test("50 creates of one slug: one is made, 49 are told that it is taken", async () => {
  for (let round = 0; round < 5; round++) {
    const slug = `race-${round}`;
    const all = await fifty((i) =>
      ask(server, "POST", "/api/v1/links", { url: `https://example.com/${i}`, slug }, apart),
    );
    expect(all.filter((one) => one.status === 201).length).toBe(1);
    expect(all.filter((one) => one.status === 409).length).toBe(49);
    const winner = all.find((one) => one.status === 201)?.body.url ?? "";
    expect((await ask(server, "GET", `/api/v1/links/${slug}`)).body.url).toBe(winner);
  }
});

test("50 creates of one deleted slug: one revives it", async () => {
  await ask(server, "POST", "/api/v1/links", { url: "https://example.com/", slug: "revived" });
  await ask(server, "DELETE", "/api/v1/links/revived");
  const all = await fifty((i) =>
    ask(server, "POST", "/api/v1/links", { url: `https://example.com/${i}`, slug: "revived" }, apart),
  );
  expect(all.map((one) => one.status).sort()).toEqual([201, ...Array<number>(49).fill(409)]);
  expect(all.find((one) => one.status === 201)?.body.version).toBe(3);
});

test("50 times shorten_url of one address: one link", async () => {
  const all = await fifty(() =>
    ask<{ shortened_url: string }>(server, "POST", "/shorten_url", { url: "https://example.com/same" }, apart),
  );
  expect(new Set(all.map((one) => one.body.shortened_url)).size).toBe(1);
  expect(all.filter((one) => one.status === 201).length).toBe(1);
  expect(all.filter((one) => one.status === 200).length).toBe(49);
});

test("50 edits at one version: one is made, 49 are told that it was changed", async () => {
  await ask(server, "POST", "/api/v1/links", { url: "https://example.com/", slug: "versioned" });
  const all = await fifty((i) =>
    ask(server, "PATCH", "/api/v1/links/versioned", { title: `${i}` }, { ...apart, "if-match": '"1"' }),
  );
  expect(all.map((one) => one.status).sort()).toEqual([200, ...Array<number>(49).fill(412)]);
});

test("counter slugs on 4 workers killed at random are never repeated (long form: npm run proof -- counter)", async () => {
  const result = await counterProof({ slugs: 10_000, kills: 4 });
  console.log(JSON.stringify(result));
  expect(result.repeated).toBe(0);
  expect(result.kills).toBeGreaterThan(0);
  // One, unless the worker with the first block was killed before it answered.
  expect(result.shortest).toBeLessThanOrEqual(2);
});
