import { afterEach, expect, test } from "bun:test";
import type { LinkId } from "../core/link.ts";
import type { ChangePage } from "../core/store.ts";
import { followFeed } from "./feed.ts";
import { openLog } from "./log.ts";

let stop = () => {};
afterEach(() => stop());

/** A feed that changes can be put into, and what a resolver would forget. */
function place() {
  const changes: LinkId[] = [];
  const lines: string[] = [];
  const forgotten: string[] = [];
  const state = { expired: false, failing: false };
  const links = {
    changes: async (after: string | null, limit: number): Promise<ChangePage | "expired"> => {
      if (state.failing) throw new Error("disk on fire");
      if (after === null) return { changes: [], cursor: `${changes.length}` };
      if (state.expired) {
        state.expired = false;
        return "expired";
      }
      const page = changes.slice(Number(after), Number(after) + limit).map((id) => ({ ...id, version: 1 }));
      return { changes: page, cursor: `${Number(after) + page.length}` };
    },
  };
  const resolver = {
    forget: (ids: readonly LinkId[]) => void forgotten.push(...ids.map((id) => id.slug)),
    forgetAll: () => void forgotten.push("all"),
  };
  const log = openLog("info", (line) => lines.push(line), true);
  return { changes, forgotten, lines, state, follow: async () => ({ stop } = await followFeed(links, resolver, log)) };
}

test("what another process changed is forgotten within a second, page after page, once", async () => {
  const { changes, forgotten, follow } = place();
  changes.push({ host: "", slug: "before" });
  await follow();
  for (let i = 0; i < 2500; i++) changes.push({ host: "", slug: `s${i}` });
  await Bun.sleep(900);
  expect(forgotten).toEqual(Array.from({ length: 2500 }, (_, i) => `s${i}`));
});

test("a place in the feed that is gone empties memory, and the feed is followed on", async () => {
  const { changes, forgotten, state, follow } = place();
  await follow();
  state.expired = true;
  await Bun.sleep(400);
  changes.push({ host: "", slug: "after" });
  await Bun.sleep(400);
  expect(forgotten).toEqual(["all", "after"]);
});

test("a feed that can't be read is said once, and so is its return", async () => {
  const { changes, forgotten, lines, state, follow } = place();
  await follow();
  state.failing = true;
  changes.push({ host: "", slug: "meanwhile" });
  await Bun.sleep(900);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("disk on fire");
  state.failing = false;
  await Bun.sleep(400);
  expect(lines).toHaveLength(2);
  expect(forgotten).toEqual(["meanwhile"]);
});
