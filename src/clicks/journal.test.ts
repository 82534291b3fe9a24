import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Followed, originOf } from "../core/click.ts";
import { LinkArena } from "../core/link-arena.ts";
import { most } from "./format.ts";
import { Journal, type JournalOptions } from "./journal.ts";
import { SegmentReader } from "./reader.ts";
import { writerLives, writerName } from "./writer-name.ts";

let folder: string;
let warned: string[];
let now: number;
let open: Journal[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "curt-journal-"));
  warned = [];
  now = 1_800_000_000_000;
  open = [];
});

afterEach(() => {
  for (const journal of open) journal.close();
  rmSync(folder, { recursive: true, force: true });
});

function journalOf(options: Partial<JournalOptions> = {}): Journal {
  const warn = (message: string, fields: object) => void warned.push(`${message} ${JSON.stringify(fields)}`);
  const journal = new Journal({ folder, now: () => now, log: { warn }, ...options });
  open.push(journal);
  return journal;
}

function link(name: string, tags: readonly string[] = []): Followed {
  const token = name.padEnd(16, "0") + "f".repeat(16);
  return {
    mark: 0,
    link: {
      host: "",
      slug: name,
      url: "https://example.com/",
      tags,
      redirectStatus: null,
      validFrom: null,
      validUntil: null,
      disabled: false,
      forwardQuery: false,
      createdAt: 0,
      updatedAt: 0,
      deletedAt: null,
      version: 1,
      maxClicks: null,
      usedClicks: 0,
      token,
    },
  };
}

/** A turn of the event loop, with the write at its end. */
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

type Read = readonly [time: number, ...parts: readonly string[]];

/** What a segment holds, as text. */
function readAll(name: string, from = 0): { clicks: Read[]; reader: SegmentReader } {
  const reader = new SegmentReader(from);
  const clicks: Read[] = [];
  let time = 0;
  const { links, agents, sources, languages, addresses } = reader.defined;
  const idOf = (number: number) => (links[number] ?? "?").replaceAll("\n", " ");
  reader.read(join(folder, name), {
    frame: (at) => {
      time = at;
      return true;
    },
    click: (one, agent, source, language, address) =>
      clicks.push([
        time,
        idOf(one),
        agents[agent] ?? "?",
        sources[source] ?? "?",
        languages[language] ?? "?",
        addresses[address] ?? "?",
      ]),
    unseen: (one) => clicks.push([time, idOf(one)]),
  });
  return { clicks, reader };
}

const names = () => readdirSync(folder).sort();

describe("the click journal", () => {
  test("what is recorded is read again, and what repeats is written once", async () => {
    const journal = journalOf();
    const one = link("one", ["red", "blue"]);
    journal.record(one, originOf("Agent/1", "https://news.example.com/a/page?x=1", "en-GB,en;q=0.9"), "192.0.2.1", "");
    journal.record(
      one,
      originOf("Agent/1", "https://news.example.com/other", "en-GB"),
      "192.0.2.1",
      "a=1&utm_source=x&utm_y=2",
    );
    journal.recordUnseen(one);
    await turn();
    now += 5000;
    journal.record(undefined, originOf("", "", ""), "", "");
    journal.record(one, originOf("Agent/1", "https://news.example.com/a", "en-GB"), "192.0.2.1", "");
    await turn();
    const [name = ""] = names();
    expect(name).toMatch(/^\d+-\d+-1-[0-9a-f]{8}\.open$/);
    const id = "one0000000000000 red blue";
    const origin = "https://news.example.com";
    expect(readAll(name).clicks).toEqual([
      [1_800_000_000_000, id, "Agent/1", origin, "en-GB", "192.0.2.1"],
      [1_800_000_000_000, id, "Agent/1", `${origin}\nutm_source=x`, "en-GB", "192.0.2.1"],
      [1_800_000_000_000, id],
      [1_800_000_005_000, "", "", "", "", ""],
      [1_800_000_005_000, id, "Agent/1", origin, "en-GB", "192.0.2.1"],
    ]);
    expect(readFileSync(join(folder, name), "latin1").split("192.0.2.1")).toHaveLength(2);
    expect([journal.written, journal.lost]).toEqual([5, 0]);
  });

  test("a reader that goes on has what was defined before, and no click twice", async () => {
    const journal = journalOf();
    const one = link("one");
    journal.record(one, originOf("Agent/1", "", "de"), "192.0.2.1", "");
    await turn();
    const [name = ""] = names();
    const { offset } = readAll(name).reader;
    journal.record(one, originOf("Agent/1", "", "de"), "192.0.2.1", "");
    await turn();
    expect(readAll(name, offset).clicks).toEqual([[now, "one0000000000000", "Agent/1", "", "de", "192.0.2.1"]]);
  });

  test("hostile texts are bounded and come back as data", async () => {
    const journal = journalOf();
    const nasty = "\u0001<script>\u0000\ud800é\n\r\u202e'\"";
    journal.record(
      link("one"),
      originOf(nasty + "x".repeat(3_000_000), `https://${"h".repeat(2_000_000)}`, nasty),
      nasty,
      nasty,
    );
    journal.record(
      link("two"),
      originOf("", nasty, "q".repeat(1000)),
      "9".repeat(1000),
      `utm_source=${"%00".repeat(100_000)}`,
    );
    await turn();
    const [first, second] = readAll(names()[0] ?? "").clicks;
    expect(first?.[2]).toHaveLength(500);
    expect(first?.[2]?.startsWith("\u0001<script>\u0000\ufffdé")).toBe(true);
    expect(first?.[3]).toHaveLength(200);
    expect(second?.[4]).toHaveLength(35);
    expect(second?.[5]).toHaveLength(45);
    expect(second?.[3]?.length).toBeLessThanOrEqual(601);
  });

  test("numbers of every size, and a turn that brings more than a buffer holds", async () => {
    const journal = journalOf();
    const many = Array.from({ length: 20_000 }, (_, i) => link(`l${i}`, ["tag".repeat(8)]));
    for (const one of many)
      journal.record(one, originOf(`A/${one.link.slug}`.repeat(3), "", ""), `a${one.link.slug}`, "");
    await turn();
    const clicks = names().flatMap((name) => readAll(name).clicks);
    expect(clicks.map(([, id]) => id?.split(" ")[0])).toEqual(many.map((one) => one.link.token.slice(0, 16)));
    expect(clicks.every((click, i) => click[2] === `A/l${i}`.repeat(3) && click[5] === `al${i}`)).toBe(true);
    // More agents than one segment defines.
    expect(names().length).toBe(Math.ceil(20_000 / (most.agents - 1)));
  });

  test("segments end by size and by age; a link is defined in each anew", async () => {
    const journal = journalOf({ segmentBytes: 1, segmentAge: 500 });
    const one = link("one");
    for (let i = 0; i < 2; i++) {
      journal.record(one, originOf("A", "", ""), "", "");
      await turn();
    }
    expect(names().map((name) => name.endsWith(".done"))).toEqual([true, true]);
    expect(names().flatMap((name) => readAll(name).clicks.map(([, id]) => id))).toEqual(
      Array(2).fill("one0000000000000"),
    );
    const slow = journalOf({ segmentAge: 500 });
    slow.record(one, originOf("A", "", ""), "", "");
    await turn();
    now += 500;
    for (let i = 0; i < 500 && names().some((name) => name.endsWith(".open")); i++) await Bun.sleep(10);
    expect(names().map((name) => name.endsWith(".done"))).toEqual([true, true, true]);
  });

  test("a segment that ends in the middle of a turn has all that came before", async () => {
    const journal = journalOf({ segmentAge: 500 });
    const one = link("one");
    journal.record(one, originOf("A", "", ""), "192.0.2.1", "");
    await turn();
    now += 500;
    journal.record(one, originOf("A", "", ""), "192.0.2.1", "");
    journal.tick();
    journal.record(one, originOf("A", "", ""), "192.0.2.1", "");
    await turn();
    const read = names().flatMap((name) => readAll(name).clicks);
    expect(read.map(([, id, agent]) => [id, agent])).toEqual(Array(3).fill(["one0000000000000", "A"]));
    expect(journal.written).toBe(3);
  });

  test("links that memory has as bytes are taken down like the others, in each segment anew", async () => {
    const journal = journalOf({ segmentAge: 500 });
    const [one, two] = [link("1"), link("2", ["red", "blau é"])];
    const links = new LinkArena(10_000, 1);
    for (const { link } of [one, two]) links.set(link.slug, link);
    const origin = originOf("A", "https://news.example.com/a", "de");
    const visits = () => {
      for (const name of ["1", "2", "1", "2"]) journal.recordAt(links, links.placeOf(name), origin, "192.0.2.1");
      journal.recordAt(links, links.placeOf("2"), undefined, "192.0.2.1");
      journal.record(one, origin, "192.0.2.1", "");
    };
    visits();
    await turn();
    now += 500;
    visits();
    journal.tick();
    visits();
    await turn();
    const [first, second] = ["1000000000000000", "2000000000000000 red blau é"];
    const each = [first, second, first, second, second, first];
    expect(names().length).toBe(2);
    const read = names().flatMap((name) => readAll(name).clicks);
    expect(read.map(([, id]) => id)).toEqual([...each, ...each, ...each]);
    expect(read.map((click) => click.length)).toEqual([6, 6, 6, 6, 2, 6, 6, 6, 6, 6, 2, 6, 6, 6, 6, 6, 2, 6]);
    // A link that took the place of another has no mark of it.
    links.set("1", { ...one.link, token: "3".repeat(32) });
    journal.recordAt(links, links.placeOf("1"), origin, "192.0.2.1");
    await turn();
    expect(readAll(names().find((name) => name.endsWith(".open")) ?? "").clicks.at(-1)?.[1]).toBe("3".repeat(16));
  });

  test("a torn tail is found: what is whole before it is read, and nothing of it", async () => {
    const journal = journalOf();
    journal.record(link("one"), originOf("A", "", ""), "", "");
    await turn();
    const whole = readFileSync(join(folder, names()[0] ?? ""));
    journal.record(link("two"), originOf("B", "", ""), "", "");
    await turn();
    const both = readFileSync(join(folder, names()[0] ?? ""));
    for (let end = 0; end < both.length; end++) {
      writeFileSync(join(folder, "torn"), both.subarray(0, end));
      const { clicks, reader } = readAll("torn");
      expect(clicks.length).toBe(end < whole.length ? 0 : 1);
      expect(reader.offset).toBe(end < 8 ? 0 : end < whole.length ? 8 : whole.length);
    }
    for (const garbage of [Buffer.alloc(100), Buffer.alloc(100, 255), crypto.getRandomValues(new Uint8Array(100))]) {
      writeFileSync(join(folder, "torn"), both);
      appendFileSync(join(folder, "torn"), garbage);
      expect(readAll("torn").reader.offset).toBe(both.length);
    }
    for (let at = whole.length; at < both.length; at++) {
      const flipped = Buffer.from(both);
      flipped[at] = (flipped[at] ?? 0) ^ 4;
      writeFileSync(join(folder, "torn"), flipped);
      expect(readAll("torn").clicks.length).toBe(1);
    }
  });

  test("where nothing can be written the loss is counted exactly, said once, and counting resumes by itself", async () => {
    const journal = journalOf();
    const one = link("one");
    journal.record(one, originOf("A", "", ""), "", "");
    await turn();
    rmSync(folder, { recursive: true });
    // The open file takes no harm from that; the next segment can't be made.
    now += 60_000;
    for (let i = 0; i < 500 && journal.lost === 0; i++) {
      journal.record(one, originOf("A", "", ""), "", "");
      await Bun.sleep(10);
    }
    for (let i = 0; i < 3; i++) journal.recordUnseen(one);
    await turn();
    const { written, lost } = journal;
    expect(lost).toBeGreaterThanOrEqual(4);
    expect(warned).toHaveLength(1);
    mkdirSync(folder);
    now += 1000;
    for (let i = 0; i < 2; i++) journal.record(one, originOf("A", "", ""), "", "");
    await turn();
    expect([journal.written, journal.lost]).toEqual([written + 2, lost]);
    expect(readAll(names()[0] ?? "").clicks).toHaveLength(2);
    expect(warned[1]).toBe(`Clicks are counted again. {"lost":${lost}}`);
  });

  test("the folder has a limit", async () => {
    const journal = journalOf({ segmentBytes: 1, folderBytes: 100 });
    for (let i = 0; i < 5; i++) {
      now += 1000;
      journal.record(link(`l${i}`), originOf("A", "", ""), "", "");
      await turn();
    }
    expect(journal.written + journal.lost).toBe(5);
    expect(journal.lost).toBeGreaterThan(0);
    for (const name of names()) rmSync(join(folder, name));
    now += 1000;
    journal.record(link("last"), originOf("A", "", ""), "", "");
    await turn();
    expect(readAll(names()[0] ?? "").clicks).toHaveLength(1);
  });

  test("closing writes what the turn holds", () => {
    const journal = journalOf();
    journal.record(link("one"), originOf("A", "", ""), "", "");
    journal.close();
    expect(names()[0]).toEndWith(".done");
    expect(readAll(names()[0] ?? "").clicks).toHaveLength(1);
  });

  test("a process is told from the dead, and from others that had its number", () => {
    const name = writerName();
    expect(writerLives(`${name}-1-00000000`)).toBe(true);
    const [pid = "", start = "0"] = name.split("-");
    if (start !== "0") expect(writerLives(`${pid}-${Number(start) - 1}-1-00000000`)).toBe(false);
    const ended = Bun.spawnSync(["true"]).pid;
    expect(writerLives(`${ended}-0-1-00000000`)).toBe(false);
    expect(writerLives("something else")).toBe(false);
  });
});
