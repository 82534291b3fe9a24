/** `Idempotency-Key`: one link, whatever is repeated, at once or after a crash between any two steps. */
import { expect, test } from "bun:test";
import { CurtError } from "../../src/core/errors.ts";
import { History } from "../../src/core/history.ts";
import { type Asked, Idempotency } from "../../src/core/idempotency.ts";
import { Links } from "../../src/core/links.ts";
import { hashSlugs, randomSlugs, type SlugMaker } from "../../src/core/slugs.ts";
import { StoreUnavailable } from "../../src/core/store.ts";
import { MemoryStore } from "./memory-store.ts";
import { sha256 } from "./parts.ts";

/** Few slugs, so that random ones collide. */
const few: SlugMaker = {
  byTarget: false,
  propose: async (_url, attempt) => (attempt > 60 ? undefined : `few-${Math.floor(Math.random() * 30)}`),
};
const plenty = randomSlugs(7, (count) => crypto.getRandomValues(new Uint8Array(count)));

function setUp(store = new MemoryStore(), slugs = plenty) {
  const links = new Links({
    store: store.links,
    cache: undefined,
    history: new History(store.registry),
    announce: async () => {},
    slugs,
    used: async () => 0,
    deleted: async () => {},
    own: { hosts: new Set(), ports: new Set() },
    now: Date.now,
    token: () => crypto.randomUUID(),
  });
  const idempotency = new Idempotency({
    registry: store.registry,
    links,
    now: Date.now,
    token: () => crypto.randomUUID(),
    sha256,
  });
  const ask = (more: Partial<Asked<string>> & { slug?: string; url?: string } = {}) =>
    idempotency.create<string>({
      owner: "key 1",
      key: "order-1",
      input: { url: more.url ?? "https://example.com/", ...(more.slug === undefined ? {} : { slug: more.slug }) },
      reuse: false,
      answer: async ({ link, isNew }) => `${isNew ? 201 : 200} ${link.slug}`,
      ...more,
    });
  return { store, links, ask };
}

const codeOf = (attempt: Promise<unknown>) =>
  attempt.then(
    (value) => String(value),
    (error: unknown) => (error instanceof CurtError ? error.code : String(error)),
  );

test("the first answer is given again; other keys and owners are others", async () => {
  const { store, ask } = setUp();
  const first = await ask();
  expect(await ask()).toBe(first);
  expect(await ask({ key: "order-2" })).not.toBe(first);
  expect(await ask({ owner: "key 2" })).not.toBe(first);
  expect(store.linkMap.size).toBe(3);
});

test("another body is refused, and a bad one is not remembered", async () => {
  const { ask } = setUp();
  expect(await codeOf(ask({ url: "nope" }))).toBe("invalid_input");
  await ask();
  expect(await codeOf(ask({ url: "https://example.com/other" }))).toBe("idempotency_mismatch");
  expect(await codeOf(ask({ reuse: true }))).toBe("idempotency_mismatch");
});

test("a taken slug is an error that can be tried again", async () => {
  const { links, ask } = setUp();
  await links.create({ url: "https://example.com/theirs", slug: "mine" });
  expect(await codeOf(ask({ slug: "mine" }))).toBe("slug_taken");
  expect(await codeOf(ask({ slug: "mine" }))).toBe("slug_taken");
  await links.remove("mine");
  expect(await ask({ slug: "mine" })).toBe("201 mine");
  expect(await ask({ slug: "mine" })).toBe("201 mine");
});

test("a link that was made and then deleted is not revived by a repeated request", async () => {
  const { store, links, ask } = setUp();
  expect(await ask({ slug: "once" })).toBe("201 once");
  await links.remove("once");
  expect(await ask({ slug: "once" })).toBe("201 once");
  expect((await store.links.find({ host: "", slug: "once" }))?.deletedAt).not.toBeNull();
  // The same where the crash came before the answer was kept.
  const [document] = [...store.documents.values()];
  if (document === undefined) throw new Error("no document");
  const { answer: _, ...kept } = JSON.parse(document.value);
  store.documents.set(`idempotency/${document.id}`, { ...document, value: JSON.stringify(kept) });
  expect(await codeOf(ask({ slug: "once" }))).toBe("link_deleted");
});

test("with slugs by target the link that is there is the answer", async () => {
  const hash = hashSlugs((text) => new TextEncoder().encode(sha256(text)));
  const { links, ask } = setUp(new MemoryStore(), hash);
  const { link } = await links.create({ url: "https://example.com/" });
  expect(await ask()).toBe(`200 ${link.slug}`);
});

test("reuse finds a link, and gives the same again", async () => {
  const { links, ask } = setUp();
  const { link } = await links.create({ url: "https://example.com/" });
  expect(await ask({ reuse: true })).toBe(`200 ${link.slug}`);
  await links.remove(link.slug);
  expect(await ask({ reuse: true })).toBe(`200 ${link.slug}`);
});

/** Numbers from 0 to 1 that a seed gives (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Six clients ask at once with one key; every step is late by chance, and some fail before or after the write, whereupon
 * their client asks again. How many links there were, and how many different answers.
 */
async function run(random: () => number, custom: boolean, keepsToken: boolean) {
  const store = new MemoryStore();
  const { links, ask } = setUp(store, few);
  // Strangers sit on most of the few slugs.
  for (let i = 0; i < 20; i++) await links.create({ url: "https://example.com/stranger", slug: `few-${i}` });
  const { draft } = links;
  links.draft = (input) => draft.call(links, keepsToken ? input : { ...input, token: crypto.randomUUID() });
  let faults = 12;
  const mayFail = (when: string) => {
    if (faults === 0 || random() >= 0.3) return;
    faults--;
    throw new StoreUnavailable(when);
  };
  store.before = async () => {
    const turns = Math.floor(random() * 5);
    for (let i = 0; i < turns; i++) await Promise.resolve();
    mayFail("before");
  };
  const { insert } = store.links;
  store.links.insert = async (record) => {
    const outcome = await insert(record);
    mayFail("after");
    return outcome;
  };
  const client = async () => {
    for (;;) {
      const answer = await codeOf(ask(custom ? { slug: "custom" } : {}));
      if (!answer.startsWith("StoreUnavailable")) return answer;
    }
  };
  const answers = await Promise.all(Array.from({ length: 6 }, client));
  const mine = [...store.linkMap.values()].filter((link) => link.url === "https://example.com/");
  const right = answers.every((answer) => answer === `201 ${mine[0]?.slug}`);
  return { links: mine.length, right };
}

const seed = Date.now() % 1_000_000;

test(`200 runs of six at once, with delays and faults: each has one link and one answer (seed ${seed})`, async () => {
  const random = numbers(seed);
  for (let i = 0; i < 200; i++)
    expect({ i, ...(await run(random, i % 4 === 0, true)) }).toEqual({ i, links: 1, right: true });
});

test("without the token that is kept the same runs go wrong", async () => {
  const random = numbers(1);
  let wrong = 0;
  for (let i = 0; i < 50; i++) {
    const result = await run(random, i % 4 === 0, false);
    if (result.links !== 1 || !result.right) wrong++;
  }
  expect(wrong).toBeGreaterThan(10);
});
