/** `/api/v1/export`: everything comes out as import reads it, streamed, and what breaks off can't be taken for whole. */
import { afterAll, expect, test } from "bun:test";
import { parse } from "csv-parse/sync";
import { CurtProblem, curtClient } from "curt/client";
import { MemoryStore } from "./memory-store.ts";
import { adminKey, startParts } from "./parts.ts";

const store = new MemoryStore(Date.now);
const parts = startParts({ store });
afterAll(() => parts.server.drain());
const client = curtClient({ server: parts.url, key: adminKey });
const url = "https://example.com/";
const textOf = async (pieces: AsyncIterable<Uint8Array>) => Buffer.concat(await Array.fromAsync(pieces)).toString();

test("an empty store gives a file that says so", async () => {
  expect(await textOf(client.links.export())).toStartWith("slug,url,title,");
  expect((await textOf(client.links.export())).split("\n")).toHaveLength(2);
  expect(await textOf(client.links.export({ format: "jsonl" }))).toBe("");
});

test("all links come out, oldest first, over many pages; or those of a filter, or those named", async () => {
  const lines = Array.from({ length: 2500 }, (_, i) => ({
    url: `${url}${i}`,
    slug: `e-${i}`,
    tags: i % 5 === 0 ? ["five"] : [],
  }));
  expect((await Array.fromAsync(client.links.batch(lines))).every(({ status }) => status === 201)).toBe(true);
  const rows = parse(await textOf(client.links.export()), { columns: true }) as { slug: string; url: string }[];
  expect(rows.map((row) => row.slug)).toEqual(lines.map((line) => line.slug));
  const json = (await textOf(client.links.export({ format: "jsonl", tag: "five" }))).trimEnd().split("\n");
  expect(json).toHaveLength(500);
  expect(JSON.parse(json[1] ?? "")).toMatchObject({ slug: "e-5", tags: ["five"], clicks: 0 });
  const named = await textOf(client.links.export({ slugs: ["e-7", "nothing", "e-3"], format: "jsonl" }));
  expect(
    named
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).slug),
  ).toEqual(["e-7", "e-3"]);
});

test("what others wrote runs in no table program", async () => {
  await client.links.create({ url, slug: "h", title: "=cmd|' /C calc'!A0", note: 'a\n"b"', tags: ["@x", 'y,"z'] });
  const text = await textOf(client.links.export({ slugs: ["h"] }));
  const [row] = parse(text, { columns: true }) as Record<string, string>[];
  expect(row).toMatchObject({ title: "'=cmd|' /C calc'!A0", note: 'a\n"b"', tags: '"@x","y,""z"' });
  const { headers } = await parts.ask("GET", "/api/v1/export?state=active");
  expect(headers.get("content-disposition")).toMatch(/^attachment; filename="curt-\d{4}-\d\d-\d\d\.csv"$/);
});

test("a store that fails in the middle cuts the answer, so that nobody takes it for whole", async () => {
  const { list } = store.links;
  let pages = 0;
  store.links.list = (query) => (++pages > 2 ? Promise.reject(new Error("torn")) : list.call(store.links, query));
  try {
    const broken = await textOf(client.links.export()).catch((error: unknown) => error);
    expect(broken).toBeInstanceOf(CurtProblem);
    expect(pages).toBe(3);
    // Before anything was sent it is an answer like any other.
    expect((await parts.ask("GET", "/api/v1/export")).status).toBeGreaterThanOrEqual(500);
  } finally {
    store.links.list = list;
  }
});

test("a bad filter, a bad format and too many names are refused", async () => {
  expect((await parts.ask("GET", "/api/v1/export?format=xml")).body.errors[0].path).toBe("format");
  expect((await parts.ask("GET", "/api/v1/export?limit=3")).status).toBe(400);
  expect((await parts.ask("POST", "/api/v1/export", { slugs: Array(10_001).fill("x") })).body.errors[0].path).toBe(
    "slugs",
  );
  expect((await parts.ask("HEAD", "/api/v1/export")).status).toBe(405);
});
