/** `curt/client`, as a program that has installed the package uses it. */
import { afterAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import {
  type Caller,
  type Clicks,
  CurtApi,
  CurtProblem,
  curtClient,
  type Key,
  type Link,
  type LiveCounts,
} from "curt/client";
import type { z } from "zod";
import type { callerSchema } from "../../src/http/api/account-schemas.ts";
import type { ShownClicks, ShownLive } from "../../src/http/api/click-schemas.ts";
import type { keySchema, ShownLink } from "../../src/http/api/schemas.ts";
import { adminKey, startParts } from "./parts.ts";

const parts = startParts();
afterAll(() => parts.server.drain());
const client = curtClient({ server: `${parts.url}/`, key: adminKey });
const url = "https://example.com/";

/** Does not compile when the client's types are not those that the server answers with. */
export const same: [
  (link: ShownLink) => Link,
  (key: z.infer<typeof keySchema>) => Key,
  (clicks: ShownClicks) => Clicks,
  (counts: ShownLive) => LiveCounts,
  (caller: z.infer<typeof callerSchema>) => Caller,
] = [(link) => link, (key) => key, (clicks) => clicks, (counts) => counts, (caller) => caller];
export type SameFields = [Exclude<keyof ShownLink, keyof Link>, Exclude<keyof Link, keyof ShownLink>] extends [
  never,
  never,
]
  ? true
  : never;
export const sameFields: SameFields = true;

test("makes, finds, edits and takes back a link", async () => {
  const made = await client.links.create({ url, slug: "a/b", tags: ["x"] }, { idempotencyKey: "one" });
  expect(await client.links.create({ url, slug: "a/b", tags: ["x"] }, { idempotencyKey: "one" })).toEqual(made);
  expect((await client.links.edit("a/b", { title: "T" }, made.version)).version).toBe(2);
  expect((await client.links.get("a/b")).title).toBe("T");
  expect((await client.links.history("a/b")).map((entry) => entry.action)).toEqual(["changed", "created"]);
  expect((await client.links.goBack("a/b", 1)).title).toBeNull();
  expect((await client.links.list({ search: "a", tag: "x", limit: 5 })).links).toHaveLength(1);
  expect(await client.links.change({ slugs: ["a/b"], addTags: ["y"] })).toMatchObject([{ link: { tags: ["x", "y"] } }]);
  expect((await client.links.slug("a/b")).suggestion).toBe("a/b-2");
  expect((await client.links.counts()).total).toBe(1);
  expect(await client.links.remove("a/b")).toBeUndefined();
});

test("throws what the server says", async () => {
  const failed = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: CurtProblem) => error,
    );
  const missing = await failed(client.links.get("nothing"));
  expect(missing).toBeInstanceOf(CurtProblem);
  expect(missing).toMatchObject({ status: 404, code: "not_found", message: "Nothing is called /nothing." });
  expect(await failed(client.links.create({ url: "x" }))).toMatchObject({ status: 400, errors: [{ path: "url" }] });
  const stranger = curtClient({ server: parts.url, key: "none" });
  expect(await failed(stranger.keys.list())).toMatchObject({ status: 401, code: "unauthorized" });
});

test("makes keys, shows them once and removes them", async () => {
  const made = await client.keys.create({ scopes: ["links:read"], name: "r" });
  expect(made.key).toStartWith("curt_");
  expect((await client.keys.list()).find((key) => key.id === made.id)).not.toHaveProperty("key");
  await client.keys.remove(made.id);
  expect((await client.keys.list()).some((key) => key.id === made.id)).toBe(false);
});

test("makes many at once, each with its result, and reads clicks and settings", async () => {
  const results = await Array.fromAsync(client.links.batch([{ url, slug: "b1" }, { url: "x" }, { url, slug: "b2" }]));
  expect(results.map(({ line, status }) => [line, status])).toEqual([
    [1, 201],
    [2, 400],
    [3, 201],
  ]);
  expect(await client.clicks.read("b1", { unit: "hour", by: "country", bots: true })).toMatchObject({ unit: "hour" });
  expect((await client.clicks.visits("b1", { limit: 1 })).events).toEqual([]);
  for await (const counts of client.clicks.live(undefined)) {
    expect(counts.total).toBe(0);
    break;
  }
  expect(await client.session.who()).toMatchObject({ kind: "key", scopes: ["admin"] });
  expect(await client.server.settings()).toEqual([]);
});

test("an aborted call throws what it was aborted with, and nobody there is a problem too", async () => {
  const reason = new Error("enough");
  const aborted = client.links.get("b1", { signal: AbortSignal.abort(reason) });
  expect(await aborted.catch((error: unknown) => error)).toBe(reason);
  const nobody = curtClient({ server: "http://127.0.0.1:1", key: "k" });
  const problem = await nobody.keys.list().catch((error: unknown) => error);
  expect(problem).toBeInstanceOf(CurtProblem);
  expect(problem).toMatchObject({ status: 0, code: "unreachable" });
});

test("has a method for every path of the API", async () => {
  const asked = new Set<string>();
  const recording = new CurtApi(async (path, { method }) => {
    asked.add(`${method} /api/v1${path.replace(/\?.*$/, "").replaceAll("X", "{}")}`);
    return new Response("{}");
  });
  for (const room of Object.values(recording))
    for (const [name, call] of Object.entries(room as Record<string, (...given: unknown[]) => unknown>)) {
      const given =
        name === "batch" ? [[]] : name === "export" ? [{}] : name === "goBack" ? ["X", "X"] : ["X", undefined];
      const answer = call(...given);
      if (answer instanceof Promise) await answer;
      else for await (const _ of answer as AsyncIterable<unknown>);
      if (name === "read" || name === "live" || name === "export") {
        const all = call(name === "export" ? { slugs: ["X"] } : undefined);
        if (all instanceof Promise) await all;
        else for await (const _ of all as AsyncIterable<unknown>);
      }
    }
  const { paths } = (await (await fetch(`${parts.url}/api/v1/openapi.json`)).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const documented = Object.entries(paths)
    .filter(([path]) => path.startsWith("/api/v1/") && !/\/(?:docs|openapi\.json)$/.test(path))
    .flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, "{}")}`),
    );
  expect([...asked].sort()).toEqual(documented.sort());
});

test("the page and the command line have no other way to ask", () => {
  const root = join(import.meta.dir, "..", "..", "src");
  const askers = [...new Glob("**/*.{ts,tsx}").scanSync({ cwd: root })].filter(
    (file) =>
      /^(?:dashboard\/page|cli)\//.test(file) &&
      /\bfetch\(|EventSource|XMLHttpRequest|sendBeacon|node:https?"|\/api\/v1/.test(
        readFileSync(join(root, file), "utf8"),
      ),
  );
  // The doctor asks whether anybody answers at all; the bench measures the bare request; an empty page shows one.
  const known = [
    ...["cli/client.ts", "cli/commands/bench.ts", "cli/doctor-checks.ts"],
    ...["dashboard/page/api/api.ts", "dashboard/page/links/empty.tsx"],
  ];
  expect(askers.sort()).toEqual(known);
});
