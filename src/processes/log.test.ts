import { expect, test } from "bun:test";
import { openLog } from "./log.ts";

test("JSON lines, one each, from the level on", () => {
  const lines: string[] = [];
  const log = openLog("warn", (line) => lines.push(line), false);
  log.info("not this");
  log.error("broken\nline", { code: 7, why: "a\u001b[31mb" });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^[^\n]+\n$/);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: "error",
    message: "broken\nline",
    code: 7,
    pid: process.pid,
  });
});

test("short lines on a terminal, which what comes from outside cannot colour", () => {
  const lines: string[] = [];
  openLog("debug", (line) => lines.push(line), true).warn("Odd.", { why: "a\u001b[31m\u009b31mb" });
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d warn: Odd\. why="a\\u001b\[31m\\u009b31mb"\n$/);
});

test("silent is silent", () => {
  openLog("silent", () => expect.unreachable(), false).error("x");
});
