import { afterAll, expect, test } from "bun:test";
import { startParts } from "./parts.ts";

const parts = startParts();
const { ask } = parts;
afterAll(() => parts.server.drain());

test("made, followed, edited, followed", async () => {
  const made = await ask("POST", "/api/v1/links", { url: "https://example.com/a", slug: "a" });
  expect(made.status).toBe(201);
  console.log(made.text, [...made.headers]);
  for (let i = 0; i < 3; i++) {
    const r = await ask("GET", "/a");
    expect([r.status, r.headers.get("location"), r.headers.get("cache-control")]).toEqual([
      302,
      "https://example.com/a",
      "no-cache",
    ]);
  }
  expect((await ask("PATCH", "/api/v1/links/a", { url: "https://example.com/b" })).status).toBe(200);
  expect((await ask("GET", "/a")).headers.get("location")).toBe("https://example.com/b");
  const nope = await ask("GET", "/nope", undefined, { accept: "text/html" });
  expect(nope.status).toBe(404);
  console.log(nope.text.length, (await ask("POST", "/api/v1/links", { url: 5, x: 1, tags: [1] })).text);
});
