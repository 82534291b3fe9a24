import { expect, test } from "bun:test";
import { type Change, Ledger, type Seen, type Verdict } from "./ledger.ts";

const made: Change = { kind: "create", slug: "a", url: "https://example.org/1" };
const edited: Change = { kind: "edit", slug: "a", url: "https://example.org/2" };
const deleted: Change = { kind: "delete", slug: "a" };
const again: Change = { kind: "create", slug: "a", url: "https://example.org/3" };

/** What the judge says when every slug is seen so. */
async function judged(ledger: Ledger, seen: Seen): Promise<Partial<Verdict>> {
  const { lost, wrong, resurrected } = await ledger.judge(
    async () => seen,
    Number.POSITIVE_INFINITY,
    () => 0,
  );
  return { ...(lost && { lost }), ...(wrong && { wrong }), ...(resurrected && { resurrected }) };
}

function ledgerOf(...changes: readonly [Change, number?][]): Ledger {
  const ledger = new Ledger();
  for (const [change, version] of changes) ledger.acknowledge(change, "a", version);
  return ledger;
}

test("what was acknowledged must be there, with its target and version", async () => {
  expect(await judged(ledgerOf([made, 1]), { url: made.url, version: 1 })).toEqual({});
  expect(await judged(ledgerOf([made, 1]), { url: null })).toEqual({ lost: 1 });
  expect(await judged(ledgerOf([made, 1]), { url: "https://example.org/9" })).toEqual({ wrong: 1 });
  expect(await judged(ledgerOf([made, 1]), { url: made.url, version: 2 })).toEqual({ wrong: 1 });
  expect(await judged(ledgerOf([made, 1]), { problem: "answered with 503" })).toMatchObject({ wrong: 2 });
  expect(await judged(ledgerOf([made, 1], [edited, 2]), { url: made.url, version: 1 })).toEqual({ lost: 1 });
});

test("what was deleted stays so, until it is made again with a higher version", async () => {
  expect(await judged(ledgerOf([made, 1], [deleted]), { url: null })).toEqual({});
  expect(await judged(ledgerOf([made, 1], [deleted]), { url: made.url, version: 1 })).toEqual({ resurrected: 1 });
  expect(await judged(ledgerOf([made, 1], [edited, 2], [deleted]), { url: made.url })).toEqual({ resurrected: 1 });
  expect(await judged(ledgerOf([made, 1], [deleted], [again, 3]), { url: again.url, version: 3 })).toEqual({});
  expect(await judged(ledgerOf([made, 1], [deleted], [again, 1]), { url: again.url })).toEqual({ wrong: 1 });
});

test("an unknown change may be done or not, and then stays as it was seen", async () => {
  const unknown = () => {
    const ledger = ledgerOf([made, 4]);
    ledger.lose(edited);
    return ledger;
  };
  expect(unknown().current("a")).toBeUndefined();
  for (const seen of [
    { url: made.url, version: 4 },
    { url: edited.url, version: 5 },
  ]) {
    const ledger = unknown();
    expect(await judged(ledger, seen)).toEqual({});
    expect(ledger.current("a")).toMatchObject(seen);
    expect(await judged(ledger, seen)).toEqual({});
  }
  expect(await judged(unknown(), { url: edited.url, version: 4 })).toEqual({ wrong: 1 });
  expect(await judged(unknown(), { url: null })).toEqual({ lost: 1 });
  const done = unknown();
  expect(await judged(done, { url: edited.url, version: 5 })).toEqual({});
  expect(await judged(done, { url: made.url, version: 4 })).toEqual({ lost: 1 });
  const undone = unknown();
  expect(await judged(undone, { url: made.url, version: 4 })).toEqual({});
  expect(await judged(undone, { url: edited.url, version: 5 })).toEqual({ wrong: 1 });
});

test("an unknown delete or creation, too", async () => {
  for (const seen of [{ url: null }, { url: made.url, version: 1 }]) {
    const ledger = ledgerOf([made, 1]);
    ledger.lose(deleted);
    expect(await judged(ledger, seen)).toEqual({});
    const fresh = new Ledger();
    fresh.lose(made);
    expect(await judged(fresh, seen)).toEqual({});
  }
  const gone = ledgerOf([made, 1]);
  gone.lose(deleted);
  expect(await judged(gone, { url: null })).toEqual({});
  expect(await judged(gone, { url: made.url, version: 1 })).toEqual({ resurrected: 1 });
  const revived = ledgerOf([made, 1], [deleted]);
  revived.lose(again);
  expect(await judged(revived, { url: made.url, version: 1 })).toEqual({ resurrected: 1 });
});

test("a slug given twice, an edit of nothing and an unexpected refusal are wrong", async () => {
  expect(await judged(ledgerOf([made, 1], [again, 2]), { url: again.url, version: 2 })).toEqual({ wrong: 1 });
  expect(await judged(ledgerOf([edited, 1]), { url: edited.url, version: 1 })).toEqual({ wrong: 1 });
  const ledger = ledgerOf([made, 1]);
  ledger.refuse(again, true, "409 slug_taken");
  ledger.refuse(edited, false, "404 not_found");
  const verdict = await ledger.judge(
    async () => ({ url: made.url, version: 1 }),
    0,
    () => 0,
  );
  expect(verdict).toMatchObject({ lost: 0, wrong: 1, checked: 1 });
  expect(verdict.examples.wrong).toBe("edit of a was refused with 404 not_found");
});

test("a fault counts once, and only a part of what did not change is asked for", async () => {
  const ledger = ledgerOf([made, 1]);
  expect(await judged(ledger, { url: null })).toEqual({ lost: 1 });
  expect(await judged(ledger, { url: null })).toEqual({});
  const many = new Ledger();
  for (let slug = 0; slug < 100; slug++)
    many.acknowledge({ kind: "create", slug: `${slug}`, url: made.url }, `${slug}`, 1);
  const asked = new Set<string>();
  const look = async (slug: string) => {
    asked.add(slug);
    return { url: made.url };
  };
  await many.judge(look, 0, Math.random);
  expect(asked.size).toBe(100);
  asked.clear();
  await many.judge(look, 10, Math.random);
  expect(asked.size).toBe(10);
});
