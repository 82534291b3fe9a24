import { expect, test } from "bun:test";
import { CurtError } from "./errors.ts";
import { Keys } from "./keys.ts";
import type { Document, PutOutcome, Registry } from "./store.ts";

class MapRegistry implements Registry {
  readonly documents = new Map<string, Document>();
  async get(_kind: string, id: string): Promise<Document | undefined> {
    return this.documents.get(id);
  }
  async put(document: Document): Promise<PutOutcome> {
    const current = this.documents.get(document.id);
    if ((current?.version ?? 0) !== document.version - 1) return { outcome: "conflict", current };
    this.documents.set(document.id, document);
    return { outcome: "stored" };
  }
  async remove(_kind: string, id: string): Promise<boolean> {
    return this.documents.delete(id);
  }
  async list(): Promise<Document[]> {
    return [...this.documents.values()];
  }
}

function setUp(adminKey?: string) {
  const registry = new MapRegistry();
  const clock = { now: 1_000_000 };
  let drawn = 0;
  const keys = new Keys({
    registry,
    adminKey,
    now: () => clock.now,
    randomBytes: (count) => new Uint8Array(count).fill(++drawn),
    // Any function that is not the identity shows whether the secret itself is kept.
    sha256: (text) => `hashed-${[...text].reverse().join("")}`,
  });
  return { registry, clock, keys };
}

const codeOf = async (attempt: Promise<unknown>) =>
  attempt.then(
    () => "none",
    (error: unknown) => (error instanceof CurtError ? error.code : String(error)),
  );

test("a key is shown once, and kept without its secret", async () => {
  const { keys, registry } = setUp();
  const made = await keys.create({ name: "ci", scopes: ["links:read"], expiresAt: null });
  expect(made.key).toMatch(/^curt_[0-9a-f]{16}_[0-9a-f]{64}$/);
  const secret = made.key.slice(made.key.lastIndexOf("_") + 1);
  expect([...registry.documents.values()].map((one) => one.value).join()).not.toContain(secret);
  expect(await keys.list()).toEqual([
    { id: made.id, name: "ci", scopes: ["links:read"], createdAt: 1_000_000, expiresAt: null },
  ]);
});

test("a key allows what its scopes say, and admin everything", async () => {
  const { keys } = setUp();
  const reader = await keys.create({ name: null, scopes: ["links:read"], expiresAt: null });
  const admin = await keys.create({ name: null, scopes: ["admin"], expiresAt: null });
  expect((await keys.require(`Bearer ${reader.key}`, "links:read")).id).toBe(reader.id);
  expect(await codeOf(keys.require(`Bearer ${reader.key}`, "links:write"))).toBe("forbidden");
  expect((await keys.require(`bearer ${admin.key}`, "links:write")).id).toBe(admin.id);
});

test("what is no key is refused: none, another scheme, a changed secret, a changed id, the hash itself", async () => {
  const { keys, registry } = setUp();
  const { key, id } = await keys.create({ name: null, scopes: ["admin"], expiresAt: null });
  const hash = JSON.parse(registry.documents.get(id)?.value ?? "{}").hash as string;
  for (const header of [
    null,
    "",
    "Bearer",
    `Basic ${key}`,
    `Bearer ${key}x`,
    `Bearer ${key.slice(0, -1)}`,
    `Bearer ${key.replace(id, "0000000000000000")}`,
    `Bearer curt_${id}_${hash}`,
    `Bearer curt_${id}_`,
    "Bearer __proto__",
  ])
    expect([header, await codeOf(keys.require(header, "links:read"))]).toEqual([header, "unauthorized"]);
});

test("a deleted and an expired key are refused at once", async () => {
  const { keys, clock } = setUp();
  const gone = await keys.create({ name: null, scopes: ["admin"], expiresAt: null });
  await keys.remove(gone.id);
  expect(await keys.find(gone.key)).toBeUndefined();
  expect(await codeOf(keys.remove(gone.id))).toBe("not_found");
  const brief = await keys.create({ name: null, scopes: ["admin"], expiresAt: clock.now + 10 });
  expect(await keys.find(brief.key)).toBeDefined();
  clock.now += 10;
  expect(await keys.find(brief.key)).toBeUndefined();
  expect(await keys.list()).toEqual([]);
});

test("the admin key is made once, however many start together, and can be replaced", async () => {
  const { keys } = setUp();
  const all = await Promise.all(Array.from({ length: 10 }, () => keys.ensureAdmin()));
  const made = all.filter((one) => one !== undefined);
  expect(made).toHaveLength(1);
  expect((await keys.find(made[0] ?? ""))?.scopes).toEqual(["admin"]);
  expect(await keys.ensureAdmin()).toBeUndefined();
  const other = await keys.resetAdmin();
  expect(await keys.find(made[0] ?? "")).toBeUndefined();
  expect((await keys.find(other))?.id).toBe("admin");
  expect(await codeOf(keys.remove("admin"))).toBe("invalid_input");
});

test("an admin key from the settings is the only one", async () => {
  const { keys, registry } = setUp("from-the-settings");
  const before = new Keys({
    registry,
    adminKey: undefined,
    now: () => 0,
    randomBytes: (count) => new Uint8Array(count),
    sha256: (text) => `hashed-${[...text].reverse().join("")}`,
  });
  const made = await before.ensureAdmin();
  expect(await before.find(made ?? "")).toBeDefined();
  expect(await keys.find(made ?? "")).toBeUndefined();
  expect((await keys.find("from-the-settings"))?.scopes).toEqual(["admin"]);
  expect(await keys.find("from-the-setting")).toBeUndefined();
  expect(await keys.list()).toEqual([]);
});
