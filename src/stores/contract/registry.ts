import { describe, expect, test } from "bun:test";
import type { Document } from "../../core/store.ts";
import type { Current } from "../contract.ts";
import { awkwardSlugs } from "./samples.ts";

function document(id: string, version: number, change: Partial<Document> = {}): Document {
  return { kind: "kind", id, value: JSON.stringify({ id, version }), version, expiresAt: null, ...change };
}

export function describeRegistry(current: Current): void {
  describe("registry", () => {
    test("compares and sets", async () => {
      const { registry } = current().store;
      expect(await registry.get("kind", "a")).toBeUndefined();
      expect(await registry.put(document("a", 2))).toEqual({ outcome: "conflict", current: undefined });
      expect(await registry.put(document("a", 1))).toEqual({ outcome: "stored" });
      expect(await registry.put(document("a", 1))).toEqual({ outcome: "conflict", current: document("a", 1) });
      expect(await registry.put(document("a", 3))).toEqual({ outcome: "conflict", current: document("a", 1) });
      expect(await registry.put(document("a", 2))).toEqual({ outcome: "stored" });
      expect(await (await current().another()).registry.get("kind", "a")).toEqual(document("a", 2));
      const store = await current().reopen();
      expect(await store.registry.get("kind", "a")).toEqual(document("a", 2));
    });

    test("of 50 concurrent puts of version 1 exactly one is stored", async () => {
      const handles = [current().store, await current().another()];
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          handles[index % 2]?.registry.put(document("race", 1, { value: `${index}` })),
        ),
      );
      const winner = outcomes.findIndex((outcome) => outcome?.outcome === "stored");
      expect(outcomes.filter((outcome) => outcome?.outcome === "stored")).toHaveLength(1);
      for (const handle of handles) expect((await handle.registry.get("kind", "race"))?.value).toBe(`${winner}`);
    });

    test("a counter raised by two handles loses nothing", async () => {
      const handles = [current().store, await current().another()];
      const raise = async (handle = current().store) => {
        for (;;) {
          const there = await handle.registry.get("kind", "counter");
          const value = String(Number(there?.value ?? 0) + 1);
          const outcome = await handle.registry.put(document("counter", (there?.version ?? 0) + 1, { value }));
          if (outcome.outcome === "stored") return;
        }
      };
      await Promise.all(Array.from({ length: 20 }, (_, index) => raise(handles[index % 2])));
      expect(await current().store.registry.get("kind", "counter")).toMatchObject({ value: "20", version: 20 });
    });

    test("what has expired does not exist, and version 1 may take its place", async () => {
      const { registry } = current().store;
      const past = Date.now() - 1000;
      expect(await registry.put(document("late", 1, { expiresAt: past }))).toEqual({ outcome: "stored" });
      expect(await registry.get("kind", "late")).toBeUndefined();
      expect(await registry.list("kind")).toEqual([]);
      expect(await registry.put(document("late", 2))).toEqual({ outcome: "conflict", current: undefined });
      expect(await registry.remove("kind", "late")).toBe(false);
      expect(await registry.put(document("late", 1, { expiresAt: past }))).toEqual({ outcome: "stored" });
      const future = document("late", 1, { expiresAt: Date.now() + 3_600_000 });
      expect(await registry.put(future)).toEqual({ outcome: "stored" });
      expect(await registry.get("kind", "late")).toEqual(future);
      expect(await registry.list("kind")).toEqual([future]);
      expect(await registry.put(document("late", 1))).toEqual({ outcome: "conflict", current: future });
    });

    test("a document expires by itself", async () => {
      const { registry } = current().store;
      await registry.put(document("short", 1, { expiresAt: Date.now() + 2000 }));
      expect(await registry.get("kind", "short")).toBeDefined();
      await Bun.sleep(2100);
      expect(await registry.get("kind", "short")).toBeUndefined();
      expect(await registry.put(document("short", 1))).toEqual({ outcome: "stored" });
    });

    test("removes whatever version is there", async () => {
      const { registry } = current().store;
      expect(await registry.remove("kind", "a")).toBe(false);
      await registry.put(document("a", 1));
      await registry.put(document("a", 2));
      expect(await registry.remove("kind", "a")).toBe(true);
      expect(await registry.remove("kind", "a")).toBe(false);
      expect(await registry.get("kind", "a")).toBeUndefined();
      expect(await registry.put(document("a", 1))).toEqual({ outcome: "stored" });
    });

    test("lists a kind by id; kinds and awkward ids are kept apart", async () => {
      const { registry } = current().store;
      for (const id of awkwardSlugs) {
        expect(await registry.put(document(id, 1))).toEqual({ outcome: "stored" });
        expect(await registry.put(document("x", 1, { kind: id, value: `"${id.length}"` }))).toEqual({
          outcome: "stored",
        });
      }
      for (const id of awkwardSlugs) {
        expect(await registry.get("kind", id)).toEqual(document(id, 1));
        expect(await registry.list(id)).toHaveLength(1);
      }
      const listed = await registry.list("kind");
      const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(listed.map((entry) => entry.id)).toEqual([...awkwardSlugs].sort(byBytes));
      expect(await registry.list("none")).toEqual([]);
    });

    test("keeps a value of 64 KB and any text", async () => {
      const { registry } = current().store;
      const value = JSON.stringify({ text: `${"é😀\u0000\ud800".repeat(8000)}` });
      await registry.put(document("big", 1, { value }));
      expect((await registry.get("kind", "big"))?.value).toBe(value);
    });
  });
}
