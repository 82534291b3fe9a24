import { expect, test } from "bun:test";
import { type Change, StoreDamaged, StoreUnavailable } from "../core/store.ts";
import type { Committer, WriteOp, WriteResult } from "../stores/sql/operation.ts";
import type { PartForMain, PartForWorker } from "./line.ts";
import { MainLine, type Member } from "./line-main.ts";
import { WorkerLine, type WorkerOrders } from "./line-worker.ts";

const op: WriteOp = { op: "remove", kind: "note", id: "one" };
const link: Change = { host: "", slug: "hot", version: 2 };

/** A committer that answers each write with whether its id was ever seen. */
function memoryCommitter(): Pick<Committer, "commit"> {
  const seen = new Set<string>();
  return {
    commit: async (ops) =>
      ops.map((one): WriteResult => {
        const id = one.op === "remove" ? one.id : "";
        const found = seen.has(id);
        seen.add(id);
        return { outcome: "removed", found };
      }),
  };
}

interface Connected {
  readonly worker: WorkerLine;
  readonly member: Member;
  readonly forgotten: Change[];
  readonly killed: string[];
  readonly messages: number[];
  /** While `true` nothing that main sends arrives. */
  deaf: boolean;
  /** While `true` it gets no CPU. */
  starving: boolean;
}

/** A worker on a line of which each message is a copy and arrives a turn later, as between processes. */
function connect(main: MainLine, orders: Partial<WorkerOrders> = {}): Connected {
  const forgotten: Change[] = [];
  const killed: string[] = [];
  const messages: number[] = [];
  const member = main.connect({
    send: (parts) => {
      const copy = JSON.parse(JSON.stringify(parts)) as PartForWorker[];
      setTimeout(() => connected.deaf || worker.receive(copy), 0);
    },
    kill: (why) => {
      killed.push(why);
      main.gone(member);
    },
    starved: () => (connected.starving ? performance.now() : 0),
  });
  const send = (parts: PartForMain[]) => {
    messages.push(parts.length);
    const copy = JSON.parse(JSON.stringify(parts)) as PartForMain[];
    setTimeout(() => main.receive(member, copy), 0);
  };
  const worker = new WorkerLine(send, {
    report: () => {},
    open: () => {},
    serve: () => {},
    forget: (changes) => forgotten.push(...changes),
    degrade: () => {},
    drain: () => {},
    ...orders,
  });
  main.receive(member, [{ is: "joined" }]);
  const connected: Connected = { worker, member, forgotten, killed, messages, deaf: false, starving: false };
  return connected;
}

function mainLine(committer: Pick<Committer, "commit"> = memoryCommitter()): MainLine {
  const main = new MainLine();
  main.open(committer);
  return main;
}

test("writes come back to whoever asked, in one message a turn", async () => {
  const main = mainLine();
  const one = connect(main);
  const two = connect(main);
  const ops = (name: string) => Array.from({ length: 20 }, (_, i): WriteOp => ({ ...op, id: `${name}${i % 10}` }));
  const [first, second, third] = await Promise.all([
    one.worker.commit(ops("a")),
    one.worker.commit(ops("b")),
    two.worker.commit(ops("c")),
  ]);
  for (const results of [first, second, third])
    expect(results).toEqual(
      Array.from({ length: 20 }, (_, i): WriteResult => ({ outcome: "removed", found: i >= 10 })),
    );
  expect(one.messages).toEqual([2]);
});

test("errors arrive as themselves", async () => {
  for (const sent of [new StoreUnavailable("disk full"), new StoreDamaged("flipped"), new RangeError("odd")]) {
    const { worker } = connect(mainLine({ commit: () => Promise.reject(sent) }));
    const got = await worker.commit([op]).catch((error: unknown) => error);
    expect(got).toBeInstanceOf(sent instanceof RangeError ? Error : sent.constructor);
    expect((got as Error).name).toBe(sent.name);
    expect((got as Error).message).toBe(sent.message);
  }
});

test("before the store is open a write is refused", async () => {
  const { worker } = connect(new MainLine());
  await expect(worker.commit([op])).rejects.toBeInstanceOf(StoreUnavailable);
});

test("an announcement is answered when every worker has forgotten, the announcing one too", async () => {
  const main = mainLine();
  const workers = Array.from({ length: 4 }, () => connect(main));
  await workers[0]?.worker.announce([{ ...link, title: "not sent" } as Change]);
  for (const { forgotten } of workers) expect(forgotten).toEqual([link]);
});

test("a worker that is silent for a second is ended, and nobody waits for it any longer", async () => {
  const main = mainLine();
  const [one, two, silent] = [connect(main), connect(main), connect(main)];
  silent.deaf = true;
  const from = performance.now();
  await one.worker.announce([link]);
  expect(performance.now() - from).toBeGreaterThan(990);
  expect(performance.now() - from).toBeLessThan(1500);
  expect([one.killed.length, two.killed.length, silent.killed.length]).toEqual([0, 0, 1]);
  const again = performance.now();
  await one.worker.announce([link]);
  expect(performance.now() - again).toBeLessThan(100);
});

test("a main that was busy itself does not blame the workers", async () => {
  const main = mainLine();
  const [one, two] = [connect(main), connect(main)];
  const announced = one.worker.announce([link]);
  await Bun.sleep(0);
  Bun.sleepSync(1500);
  await announced;
  expect([...one.killed, ...two.killed]).toEqual([]);
});

test("a worker that gets no CPU is waited for, though not for ever", async () => {
  const main = mainLine();
  const [one, starving] = [connect(main), connect(main)];
  starving.deaf = true;
  starving.starving = true;
  const announced = one.worker.announce([link]);
  await Bun.sleep(2000);
  expect(starving.killed).toEqual([]);
  await announced;
  expect([one.killed.length, starving.killed.length]).toEqual([0, 1]);
}, 10_000);

test("a worker that dies while others wait for it is not waited for; what it wrote goes on", async () => {
  const written: string[] = [];
  const main = mainLine({
    commit: async (ops) => {
      await Bun.sleep(50);
      written.push(...ops.map((one) => one.op));
      return [];
    },
  });
  const [one, dying] = [connect(main), connect(main)];
  dying.deaf = true;
  void dying.worker.commit([op]).catch(() => {});
  const announced = one.worker.announce([link]);
  await Bun.sleep(20);
  main.gone(dying.member);
  await announced;
  await Bun.sleep(60);
  expect(written).toEqual(["remove"]);
  await dying.worker.close();
});

test("a worker hears of changes from its joining on", async () => {
  const main = mainLine();
  const one = connect(main);
  const stranger = main.connect({
    send: () => expect.unreachable(),
    kill: () => expect.unreachable(),
    starved: () => 0,
  });
  await one.worker.announce([link]);
  expect(stranger.present).toBe(true);
});

test("too many waiting writes are refused at once, and room comes back", async () => {
  const held = Promise.withResolvers<void>();
  const main = mainLine({
    commit: async (ops) => {
      await held.promise;
      return ops.map(() => ({ outcome: "stored" }));
    },
  });
  const { worker } = connect(main);
  const thousand = Array.from({ length: 1000 }, () => op);
  const waiting = Array.from({ length: 10 }, () => worker.commit(thousand));
  await expect(worker.commit([op])).rejects.toBeInstanceOf(StoreUnavailable);
  held.resolve();
  await Promise.all(waiting);
  expect(await worker.commit([op])).toHaveLength(1);
});

test("a line that closes rejects whoever waits and whoever comes later", async () => {
  const main = mainLine({ commit: () => new Promise(() => {}) });
  const { worker } = connect(main);
  const outcomes = Promise.allSettled([worker.commit([op]), worker.announce([link])]);
  await worker.close();
  const later = Promise.allSettled([worker.commit([op]), worker.announce([link])]);
  for (const one of [...(await outcomes), ...(await later)])
    expect(one).toMatchObject({ status: "rejected", reason: expect.any(StoreUnavailable) });
});

test("orders arrive", async () => {
  const main = mainLine();
  const heard: string[] = [];
  const { member } = connect(main, {
    open: () => heard.push("open"),
    degrade: (why) => heard.push(why),
    drain: () => heard.push("drain"),
  });
  member.outbox.put({ is: "open" });
  member.outbox.put({ is: "degrade", why: "damage" });
  member.outbox.put({ is: "drain" });
  await Bun.sleep(10);
  expect(heard).toEqual(["open", "damage", "drain"]);
});
