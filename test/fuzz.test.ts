/** Whatever the OpenAPI document lets be asked, and other things: no answer from 500 on, none that it doesn't have. */
import { afterAll, expect, test } from "bun:test";
import { fuzz } from "./fuzz/fuzz.ts";
import { mismatch } from "./fuzz/schema.ts";
import { type Server, startServer } from "./server.ts";

const servers: Server[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));

test("no answer is other than the document says", async () => {
  const server = await startServer({ args: ["--workers", "1", "--log", "error"] });
  servers.push(server);
  const seed = Math.floor(Math.random() * 2 ** 31);
  const { shots, statuses, bad } = await fuzz(server, 1000, seed);
  console.log(`${shots} requests (seed ${seed}): ${JSON.stringify(statuses)}`);
  expect(bad).toEqual([]);
  // It must reach what it is about.
  for (const status of [200, 201, 204, 400, 401, 404]) expect(statuses[status] ?? 0).toBeGreaterThan(3);
});

test("the judge sees what is wrong", () => {
  const schema = { type: "object", properties: { a: { type: ["string", "null"] } }, required: ["a"] };
  expect(mismatch({ a: null }, schema, {})).toBeUndefined();
  expect(mismatch({}, schema, {})).toContain("missing");
  expect(mismatch({ a: 5 }, schema, {})).toContain("number");
  expect(mismatch({ a: "", b: 1 }, schema, {})).toContain("not in the schema");
});
