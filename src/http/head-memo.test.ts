import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Bytes, HeadFields } from "./head-fields.ts";
import { HeadMemo } from "./head-memo.ts";
import { RequestHead } from "./request-head.ts";

const bytesOf = (text: string) => Buffer.from(text, "latin1") as Buffer & Bytes;
const line = "GET /a HTTP/1.1\r\n";
const headOf = (agent: string, more = "") => `${line}Host: a.example\r\nUser-Agent: ${agent}\r\n${more}\r\n`;

describe("the memo of heads", () => {
  test("gives the same fields for the same bytes from the third time on, whatever the slug", () => {
    const head = new RequestHead();
    const seen = ["/a", "/b", "/longer", "/a"].map((path) => {
      const bytes = bytesOf(headOf("Agent/1").replace("/a", path));
      expect(head.readLine(bytes) && head.readFields(bytes)).toBe(true);
      return head.fields;
    });
    expect(seen[0] === seen[1]).toBe(false);
    expect(seen[1] === seen[2] && seen[2] === seen[3]).toBe(true);
  });

  test("never changes what is read", () => {
    const agent = fc.constantFrom("A", "B", "Agent/1".repeat(5), "Agent/2".repeat(5), "x".repeat(2000));
    const more = fc.constantFrom("", "DNT: 1\r\n", "Accept: text/html\r\n", "Host: twice\r\n", "Content-Length: 1\r\n");
    fc.assert(
      fc.property(fc.array(fc.tuple(agent, more), { maxLength: 60 }), (sent) => {
        const head = new RequestHead();
        for (const [one, other] of sent) {
          const bytes = bytesOf(headOf(one, other));
          const plain = new HeadFields();
          const whole = plain.read(bytes, line.length);
          expect(head.readLine(bytes) && head.readFields(bytes)).toBe(whole);
          if (whole) expect({ ...head.fields }).toEqual({ ...plain });
        }
      }),
    );
  });

  test("keeps bytes of its own", () => {
    const memo = new HeadMemo();
    const bytes = bytesOf(headOf("Agent/1"));
    const fields = new HeadFields();
    for (let i = 0; i < 2; i++) {
      expect(memo.find(bytes, line.length)).toBe(undefined);
      memo.keep(bytes, line.length, fields);
    }
    expect(memo.find(bytes, line.length)).toBe(fields);
    bytes.write("b", line.length + 6, "latin1");
    expect(memo.find(bytes, line.length)).toBe(undefined);
    expect(memo.find(bytesOf(headOf("Agent/1")), line.length)).toBe(fields);
  });

  test("steps aside where no two heads are alike, and looks again later", () => {
    const memo = new HeadMemo();
    const same = bytesOf(headOf("Agent/1"));
    const known = () => {
      for (let i = 0; i < 2; i++)
        if (memo.find(same, line.length) === undefined) memo.keep(same, line.length, new HeadFields());
      return memo.find(same, line.length) !== undefined;
    };
    expect(known()).toBe(true);
    for (let i = 0; i < 2000; i++) memo.find(bytesOf(headOf(`Agent/${i}`)), line.length);
    expect(known()).toBe(false);
    for (let i = 0; i < 40_000; i++) memo.find(same, line.length);
    expect(known()).toBe(true);
  });
});
