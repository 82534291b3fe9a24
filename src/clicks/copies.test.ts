import { afterEach, beforeEach, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClickStore, type Followed, originOf } from "../core/click.ts";
import { Counted, Documents } from "./contract/counted.ts";
import { Enricher } from "./enrich.ts";
import { Folding } from "./folding.ts";
import { Journal } from "./journal.ts";
import { Places } from "./places.ts";

const log = { warn: () => {} };
const enricher = new Enricher(new Places([]));
let root: string;
let store: Counted;
let registry: Documents;
let nodes: Node[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "curt-copies-"));
  store = new Counted();
  registry = new Documents();
  nodes = [];
});
afterEach(() => {
  for (const node of nodes) node.journal.close();
  rmSync(root, { recursive: true, force: true });
});

/** A data folder with one worker and a clerk. */
class Node {
  readonly folder: string;
  readonly journal: Journal;
  folding: Folding;
  readonly #link: Followed = { mark: 0, link: { token: "a".repeat(32), tags: [] } as unknown as Followed["link"] };

  constructor(folder: string) {
    this.folder = folder;
    this.journal = new Journal({ folder, now: Date.now, log });
    this.folding = this.#clerk();
    nodes.push(this);
  }

  #clerk(): Folding {
    const clicks = store as unknown as ClickStore;
    return new Folding({ folder: this.folder, clicks, registry, storeId: "s1", enricher, now: Date.now, log });
  }

  restartClerk(): void {
    this.folding = this.#clerk();
  }

  async record(clicks: number): Promise<void> {
    for (let i = 0; i < clicks; i++)
      this.journal.record(this.#link, originOf("Mozilla/5.0 Firefox/120.0", "", "de"), "", "");
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  }

  async fold(): Promise<void> {
    while (await this.folding.fold());
  }

  get writer(): string {
    return (JSON.parse(readFileSync(join(this.folder, "node.json"), "utf8")) as { writer: string }).writer;
  }
}

function empty(): Node {
  return new Node(mkdtempSync(join(root, "node-")));
}

/** What another machine finds in a copy: the processes that wrote there are not its own. */
async function copyOf(node: Node): Promise<Node> {
  const folder = mkdtempSync(join(root, "copy-"));
  cpSync(node.folder, folder, { recursive: true, preserveTimestamps: true });
  for (const name of readdirSync(folder))
    if (name.endsWith(".open")) renameSync(join(folder, name), join(folder, name.replace(".open", ".done")));
  await Bun.sleep(10);
  return new Node(folder);
}

test("a folder that was moved goes on under its name", async () => {
  const first = empty();
  await first.record(3);
  await first.fold();
  await first.record(4);
  const moved = await copyOf(first);
  await moved.record(5);
  await moved.fold();
  expect(store.clicks).toBe(12);
  expect(moved.writer).toBe(first.writer);
});

test("two copies at work at the same time: one takes another name, and what both had is counted once", async () => {
  const first = empty();
  await first.record(3);
  await first.fold();
  await first.record(4);
  const copy = await copyOf(first);
  await first.record(1);
  await first.fold();
  await copy.record(5);
  await copy.fold();
  expect(copy.writer).not.toBe(first.writer);
  expect(store.clicks).toBe(13);
  for (const node of [first, copy, first, copy]) {
    await node.record(1);
    node.restartClerk();
    await node.fold();
  }
  expect(store.clicks).toBe(17);
});

test("in whatever order two copies record, fold and start again, each click is counted once", async () => {
  for (let round = 0; round < 60; round++) {
    const seed = Math.floor(Math.random() * 2 ** 31);
    let state = seed;
    const below = (most: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor((state / 2 ** 32) * most);
    };
    store = new Counted();
    const both = [empty()];
    let recorded = 0;
    for (let step = 0; step < 25; step++) {
      const node = both[below(both.length)] as Node;
      const what = below(8);
      if (what < 3) {
        await node.record(1 + what);
        recorded += 1 + what;
      } else if (what < 6) await node.fold();
      else if (what === 6) node.restartClerk();
      else if (both.length === 1 && step > 3) both.push(await copyOf(node));
    }
    for (const node of both) await node.fold();
    for (const node of both) await node.fold();
    expect([seed, store.clicks]).toEqual([seed, recorded]);
    for (const node of nodes.splice(0)) node.journal.close();
  }
});
