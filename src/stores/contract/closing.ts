import { describe, expect, test } from "bun:test";
import { StoreUnavailable } from "../../core/store.ts";
import type { Current } from "../contract.ts";
import { batch, clickQuery, linkId } from "./click-samples.ts";
import { deleted, query, sample } from "./samples.ts";

export function describeClosing(current: Current): void {
  describe("close", () => {
    test("every method throws StoreUnavailable afterwards, and closing again does nothing", async () => {
      const { store } = current();
      const record = sample("a");
      await store.links.insert(record);
      const cursor = (await store.links.changes(null, 1)) as { cursor: string };
      await store.close();
      const calls: Record<string, () => Promise<unknown>> = {
        insert: () => store.links.insert(sample("b")),
        insertMany: () => store.links.insertMany([sample("c")]),
        "insertMany of none": () => store.links.insertMany([]),
        find: () => store.links.find(record),
        "find of none": () => store.links.find(sample("none")),
        replace: () => store.links.replace(deleted(record)),
        list: () => store.links.list(query()),
        search: () => store.links.list(query({ search: "a" })),
        tag: () => store.links.list(query({ tag: "a" })),
        findByTarget: () => store.links.findByTarget("", record.url, 1),
        changes: () => store.links.changes(cursor.cursor, 1),
        "changes from now": () => store.links.changes(null, 1),
        get: () => store.registry.get("k", "a"),
        put: () => store.registry.put({ kind: "k", id: "a", value: "1", version: 1, expiresAt: null }),
        remove: () => store.registry.remove("k", "a"),
        "registry list": () => store.registry.list("k"),
        scanLinks: () => store.contents.scanLinks(null, 1),
        adoptLinks: () => store.contents.adoptLinks([sample("d")]),
        scanDocuments: () => store.contents.scanDocuments(null, 1),
        adoptDocuments: () =>
          store.contents.adoptDocuments([{ kind: "k", id: "b", value: "1", version: 2, expiresAt: null }]),
        "clicks last": () => store.clicks.last("node-1"),
        "clicks add": () => store.clicks.add(batch(1, [])),
        "clicks read": () => store.clicks.read(clickQuery()),
        clicksOf: () => store.clicks.clicksOf([linkId(1)]),
        "clicksOf none": () => store.clicks.clicksOf([]),
        visits: () => store.clicks.visits(linkId(1), 1),
        tend: () => store.clicks.tend("node-1", Date.now(), 1),
      };
      for (const [name, call] of Object.entries(calls)) {
        let thrown: unknown;
        await call().catch((error: unknown) => {
          thrown = error;
        });
        expect([name, thrown instanceof StoreUnavailable]).toEqual([name, true]);
      }
      await store.close();
      const again = await current().reopen();
      expect(await again.links.find(record)).toEqual(record);
      expect(await again.links.find(sample("b"))).toBeUndefined();
    });
  });
}
