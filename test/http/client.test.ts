/** `curt/client`, as a program that has installed the package uses it. */
import { afterAll, expect, test } from "bun:test";
import { CurtProblem, curtClient, type Key, type Link } from "curt/client";
import type { z } from "zod";
import type { keySchema, ShownLink } from "../../src/http/api/schemas.ts";
import { adminKey, startParts } from "./parts.ts";

const parts = startParts();
afterAll(() => parts.server.drain());
const client = curtClient({ server: `${parts.url}/`, key: adminKey });
const url = "https://example.com/";

/** Does not compile when the client's types are not those that the server answers with. */
export const same: [(link: ShownLink) => Link, (key: z.infer<typeof keySchema>) => Key] = [
  (link) => link,
  (key) => key,
];
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
