/** The core's link service over the real embedded store: what slugs, editing and reviving mean. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CurtError } from "../src/core/errors.ts";
import { History } from "../src/core/history.ts";
import type { LinkId } from "../src/core/link.ts";
import { Links } from "../src/core/links.ts";
import { hashSlugs, randomSlugs, type SlugMaker } from "../src/core/slugs.ts";
import { ownAddress } from "../src/core/target.ts";
import { LocalCommitter } from "../src/stores/sql/committer.ts";
import { openSqliteStore, type SqliteStore } from "../src/stores/sql/store.ts";

const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));
const sha256 = (text: string) => new Uint8Array(new Bun.CryptoHasher("sha256").update(text).digest().buffer);

let folder: string;
let committer: LocalCommitter;
let store: SqliteStore;
let announced: string[];
let now: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "curt-links-"));
  const path = join(folder, "curt.db");
  committer = LocalCommitter.open(path);
  store = openSqliteStore({ path, committer });
  announced = [];
  now = 1_000;
});
afterEach(async () => {
  await store.close();
  await committer.close();
  rmSync(folder, { recursive: true });
});

function service(slugs: SlugMaker = randomSlugs(7, randomBytes), forgetful = false): Links {
  return new Links({
    store: store.links,
    cache: undefined,
    history: new History(store.registry, forgetful),
    announce: async (ids: readonly LinkId[]) => void announced.push(...ids.map((id) => id.slug)),
    slugs,
    used: async () => 0,
    deleted: async () => {},
    own: ownAddress("https://go.example.com", 5000),
    now: () => now,
    token: () => crypto.randomUUID(),
  });
}

/** The code of the error that a promise ends in. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof CurtError) return error.code;
    throw error;
  }
  return "no error";
}

/** A maker whose hash is the same for every target, so that every slug of one collides with every slug of another. */
const colliding = hashSlugs(() => sha256("the same for all"));

describe("hash", () => {
  test("the same target has the same link, also in one batch and after a restart", async () => {
    const links = service(hashSlugs(sha256));
    const [a, b] = await links.createMany([{ url: "https://e.com/" }, { url: "https://e.com" }]);
    expect([a?.outcome, b?.outcome]).toEqual(["created", "existing"]);
    expect(await service(hashSlugs(sha256)).create({ url: "HTTPS://E.com/" })).toMatchObject({ outcome: "existing" });
  });

  test("when targets collide, 12 to 20 characters in order, then the error", async () => {
    const links = service(colliding);
    const lengths: number[] = [];
    for (let i = 0; i < 9; i++) lengths.push((await links.create({ url: `https://e.com/${i}` })).link.slug.length);
    expect(lengths).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20]);
    expect(await codeOf(links.create({ url: "https://e.com/9" }))).toBe("slugs_exhausted");
    const again = await links.create({ url: "https://e.com/4" });
    expect([again.outcome, again.link.slug.length]).toEqual(["existing", 16]);
  });

  test("a deleted link is neither revived nor bypassed, a disabled one stays disabled", async () => {
    const links = service(hashSlugs(sha256));
    const { link } = await links.create({ url: "https://e.com/" });
    await links.edit(link.slug, { disabled: true });
    expect(await links.create({ url: "https://e.com/" })).toMatchObject({
      outcome: "existing",
      link: { disabled: true },
    });
    await links.remove(link.slug);
    expect(await codeOf(links.create({ url: "https://e.com/" }))).toBe("link_deleted");
    expect(await codeOf(links.get(link.slug))).toBe("not_found");
  });

  test("a slug that now leads elsewhere is a collision like others", async () => {
    const links = service(hashSlugs(sha256));
    const { link } = await links.create({ url: "https://e.com/a" });
    await links.edit(link.slug, { url: "https://e.com/b" });
    expect((await links.create({ url: "https://e.com/a" })).link.slug.length).toBe(13);
  });
});

describe("random", () => {
  test("tries again where a slug is taken, and longer after three", async () => {
    let call = 0;
    const stuck = randomSlugs(7, (count) => new Uint8Array(count).fill(call++ < 4 ? 1 : call));
    const links = service(stuck);
    const first = await links.create({ url: "https://e.com/1" });
    const second = await links.create({ url: "https://e.com/2" });
    expect(first.link.slug).toBe("3333333");
    expect(second.link.slug.length).toBe(8);
  });
  test("a whole batch goes in, each with a slug of its own", async () => {
    const inputs = Array.from({ length: 1000 }, (_, i) => ({ url: `https://e.com/${i}` }));
    const results = await service(randomSlugs(2, randomBytes)).createMany(inputs);
    expect(results.every((one) => one.outcome === "created")).toBe(true);
    expect(new Set(results.map((one) => (one.outcome === "created" ? one.link.slug : ""))).size).toBe(1000);
    expect(new Set(announced).size).toBe(1000);
  });
});

describe("a custom slug", () => {
  test("is taken once, in a batch too, and the others go in", async () => {
    const url = "https://e.com/";
    const results = await service().createMany([
      { url, slug: "a" },
      { url, slug: "a" },
      { url: "nope" },
      { url, slug: "b" },
    ]);
    const seen = results.map((one) => (one.outcome === "failed" ? one.error.code : one.outcome));
    expect(seen).toEqual(["created", "slug_taken", "invalid_input", "created"]);
  });
  test("of a deleted link is free, and the version rises", async () => {
    const links = service();
    const url = "https://e.com/";
    await links.create({ url, slug: "a" });
    await links.edit("a", { title: "x" });
    await links.remove("a");
    expect((await links.create({ url, slug: "a" })).link).toMatchObject({ version: 4, title: null, deletedAt: null });
  });
  test("is refused where Curt answers itself, and below", async () => {
    for (const slug of ["api", "api/v1", "redirect", ".well-known/x", "yourls-api.php"])
      expect(await codeOf(service().create({ url: "https://e.com/", slug }))).toBe("slug_reserved");
    expect((await service().create({ url: "https://e.com/", slug: "apis" })).outcome).toBe("created");
  });
  test("repeated with its token is the same create, and not somebody else's", async () => {
    const input = { url: "https://e.com/", slug: "mine", token: "import-1" };
    expect((await service().create(input)).outcome).toBe("created");
    expect((await service().create(input)).outcome).toBe("created");
    expect(await codeOf(service().create({ ...input, token: "import-2" }))).toBe("slug_taken");
  });
});

describe("an edit", () => {
  test("changes what it names, keeps the rest, and is announced", async () => {
    const links = service();
    await links.create({ url: "https://e.com/", slug: "a", title: "T", tags: ["x"], validUntil: 5_000 });
    now = 2_000;
    const edited = await links.edit("a", { tags: ["y"], validUntil: null });
    expect(edited).toMatchObject({
      title: "T",
      tags: ["y"],
      validUntil: null,
      version: 2,
      createdAt: 1_000,
      updatedAt: 2_000,
    });
    expect(announced).toEqual(["a", "a"]);
  });
  test("is checked like a new link, with what stays", async () => {
    const links = service();
    await links.create({ url: "https://e.com/", slug: "a", validFrom: 5_000 });
    expect(await codeOf(links.edit("a", { validUntil: 4_000 }))).toBe("invalid_input");
    expect(await codeOf(links.edit("a", { url: "javascript:1" }))).toBe("invalid_input");
    expect(await codeOf(links.edit("a", { url: "https://GO.example.com./x" }))).toBe("invalid_input");
    expect((await links.get("a")).version).toBe(1);
  });
  test("many at once all happen, one after another", async () => {
    const links = service();
    await links.create({ url: "https://e.com/", slug: "a" });
    await Promise.all(Array.from({ length: 20 }, (_, i) => links.edit("a", { title: `${i}` })));
    expect((await links.get("a")).version).toBe(21);
  });
  test("of an old version is refused, and says which one there is", async () => {
    const links = service();
    await links.create({ url: "https://e.com/", slug: "a" });
    await links.edit("a", { title: "x" }, 1);
    expect(await codeOf(links.edit("a", { title: "y" }, 1))).toBe("version_mismatch");
    expect(await codeOf(links.remove("a", 1))).toBe("version_mismatch");
    await links.remove("a", 2);
    expect(await codeOf(links.edit("a", {}))).toBe("not_found");
  });
});

test("a write whose outcome is unknown is announced all the same", async () => {
  // Keeping the version before would fail first, with nothing done.
  const links = service(undefined, true);
  await links.create({ url: "https://e.com/", slug: "a" });
  announced.length = 0;
  await committer.close();
  expect(await links.edit("a", { title: "x" }).catch((error: Error) => error.name)).toBe("StoreUnavailable");
  expect(announced).toEqual(["a"]);
});
