import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bare, guarded } from "../../core/guarded.ts";
import { exportColumns, tagsCell } from "../../http/api/link-rows.ts";
import { tagsOf, timeOf } from "./cells.ts";
import { columns, type Row } from "./columns.ts";
import { lineLimit } from "./lines.ts";
import { formatOf, type ImportFormat, readRows } from "./read.ts";

/** Reads a text cut into pieces of `size` bytes, as a slow pipe would bring it. */
async function rowsOf(format: ImportFormat, content: string | Uint8Array, size = 7): Promise<Row[]> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const rows: Row[] = [];
  for await (const some of readRows(format, pieces(), () => undefined)) rows.push(...some);
  return rows;
}

describe("lines of URLs", () => {
  test("are counted from 1, with any line end, empty ones and remarks left out", async () => {
    expect(await rowsOf("urls", "\ufeffhttp://a/\r\n\n# no\nhttp://b/ä")).toEqual([
      { line: 1, fields: { url: "http://a/" } },
      { line: 4, fields: { url: "http://b/ä" } },
    ]);
  });

  test("one that is not UTF-8 or too long spoils itself alone", async () => {
    const bad = Buffer.concat([Buffer.from("http://a/\nhttp://\xff/\n", "latin1"), Buffer.from("http://c/ä\n")]);
    expect(await rowsOf("urls", bad)).toEqual([
      { line: 1, fields: { url: "http://a/" } },
      { line: 2, problem: "Not UTF-8." },
      { line: 3, fields: { url: "http://c/ä" } },
    ]);
    const long = await rowsOf("urls", `http://a/\n${"x".repeat(3 * lineLimit)}\nhttp://c/`, 65_536);
    expect(long.map((row) => row.line)).toEqual([1, 2, 3]);
    expect(long[1]).toHaveProperty("problem");
  });
});

describe("JSON Lines", () => {
  test("drop what an export says about itself, and keep the age", async () => {
    const line = '{"url":"http://a/","shortUrl":"x","state":"active","version":3,"createdAt":"2020-01-01T00:00:00Z"}';
    expect(await rowsOf("jsonl", `${line}\n[1]\n{"url":\n{"url":"http://b/","x":1}`)).toEqual([
      { line: 1, fields: { url: "http://a/", createdAt: "2020-01-01T00:00:00Z" } },
      { line: 2, problem: "Not a JSON object." },
      { line: 3, problem: "Not JSON: one whole object a line is accepted." },
      { line: 4, fields: { url: "http://b/", x: 1 } },
    ]);
  });
});

describe("CSV", () => {
  test("understands other programs' names, separators and marks", async () => {
    const rows = await rowsOf(
      "csv",
      "\ufeffKeyword;Long_URL;clicks;Tags\r\na;http://a/;5;x, y\r\n\r\nb;http://b/;;\r\n",
    );
    expect(rows).toEqual([
      { line: 2, fields: { slug: "a", url: "http://a/", tags: ["x", "y"] } },
      { line: 4, fields: { slug: "b", url: "http://b/" } },
    ]);
  });

  test("cells over several lines keep the line numbers right", async () => {
    for (const end of ["\n", "\r\n"]) {
      const lines = [
        "url,note",
        'http://a/,"one',
        'two ""x"""',
        "",
        "http://b/,=1",
        'http://c/,"',
        "",
        '"x',
        "http://d/,",
        "",
      ];
      expect(await rowsOf("csv", lines.join(end))).toEqual([
        { line: 2, fields: { url: "http://a/", note: `one${end}two "x"` } },
        { line: 5, fields: { url: "http://b/", note: "=1" } },
        { line: 6, problem: 'A quote inside a quoted cell is not doubled ("").' },
        { line: 8, problem: "A quote is not closed within 131072 bytes, or the record is longer." },
        { line: 9, fields: { url: "http://d/" } },
      ]);
    }
  });

  test("a row with broken quotes, a bad cell or bytes that are not UTF-8 is named, and the rest goes on", async () => {
    const text = 'url,disabled\nhttp://a/,"x"y\nhttp://b/,maybe\nhttp://c/\xff,\nhttp://d/,yes\nhttp://e/,"open';
    const rows = await rowsOf("csv", Buffer.from(text, "latin1"));
    expect(rows.map((row) => [row.line, "problem" in row ? row.problem.slice(0, 20) : row.fields])).toEqual([
      [2, "A quote inside a quo"],
      [3, 'disabled: got "maybe'],
      [4, "Not UTF-8."],
      [5, { url: "http://d/", disabled: true }],
      [6, "A quote is not close"],
    ]);
    const many = Array.from({ length: 5000 }, (_, i) => `http://r/${i},${i % 1000 === 7 ? '"open' : "no"}`);
    const read = await rowsOf("csv", `url,disabled\n${many.join("\n")}`, 4096);
    expect(read.filter((row) => "problem" in row).map((row) => row.line)).toEqual([9, 1009, 2009, 3009, 4009]);
    expect(read.length).toBe(5000);
  });

  test("a header without a target is refused", async () => {
    await expect(rowsOf("csv", "a,b\n1,2\n")).rejects.toThrow("has no column for the target");
  });
});

test("a guarded cell never looks like a formula, and comes back as it was", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^'{0,3}[=+\-@\t\r\n'＝＋－＠]/)), (text) => {
      expect(guarded(text)).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/);
      expect(bare(guarded(text))).toBe(text);
    }),
  );
});

test("tags come back from their cell as they were", () => {
  const tag = fc.string({ minLength: 1 }).filter((one) => one.trim() === one);
  fc.assert(fc.property(fc.array(tag), (tags) => expect(tagsOf(tagsCell(tags))).toEqual(tags)));
});

test("times of other programs are UTC", () => {
  expect(timeOf("2021-03-04 05:06:07")).toBe("2021-03-04T05:06:07.000Z");
  expect(timeOf("2021-03-04")).toBe("2021-03-04T00:00:00.000Z");
  expect(timeOf("2021-03-04T05:06:07+02:00")).toBe("2021-03-04T03:06:07.000Z");
  expect(timeOf("2021-13-04")).toBeUndefined();
});

test("the format is told by the name, else by the content", () => {
  expect(formatOf("x.csv", "{")).toBe("csv");
  expect(formatOf("x.ndjson", "")).toBe("jsonl");
  expect(formatOf("-", '\n {"url":1}')).toBe("jsonl");
  expect(formatOf("-", "https://a/\n")).toBe("urls");
  expect(formatOf("x.txt", "slug,url\n")).toBe("csv");
});

test("what an export writes, an import knows, column by column", () => {
  expect(Object.keys(columns)).toEqual([...exportColumns]);
});
