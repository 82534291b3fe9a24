import { expect, test } from "bun:test";
import { spanName } from "./span-name.ts";

test.each([
  ["visitor", "GET", "/abc", "GET /{slug}"],
  ["visitor", "GET", "/abc/def?x=1", "GET /{slug}"],
  ["visitor", "GET", "/redirect?key=abc", "GET /redirect"],
  ["program", "POST", "/api/v1/links", "POST /api/v1/links"],
  ["program", "GET", "/api/v1/links/secret", "GET /api/v1/links/{}"],
  ["program", "GET", "/api/v1/links/links/clicks?unit=day", "GET /api/v1/links/{}/clicks"],
  ["program", "POST", "/api/v1/links/batch", "POST /api/v1/links/batch"],
  ["program", "POST", "/api/v1/links/a/history/7", "POST /api/v1/links/{}/history/{}"],
  ["program", "PATCH", "/api/v1/secret/a/b/c/d/e/f", "PATCH /api/v1/{}/{}/{}/{}"],
  ["operator", "SECRET", "/metrics", "_OTHER /metrics"],
  ["operator", "GET", "/dashboard/links", "GET /dashboard"],
] as const)("%s %s %s is %s", (asker, method, path, name) => {
  expect(spanName(asker, { method, url: `http://localhost:5000${path}` })).toBe(name);
});
