/** 500 strings through everything, and the pages of some of them; `npm run proof -- hostile` opens those of all. */
import { describe, expect, test } from "bun:test";
import { brokenLines, commandsIn, formulasOf } from "./hostile/files.ts";
import { hostile } from "./hostile/hostile.ts";
import { hostileStrings } from "./hostile/strings.ts";
import { need } from "./install.ts";

describe.skipIf(!need("chromium"))("what others wrote", () => {
  test("stays text on every page, in every file and on every line", async () => {
    const result = await hostile(hostileStrings(500), undefined, 12);
    expect(result.links).toBe(500);
    expect(result.pages).toBeGreaterThan(300);
    expect(result.events).toBeGreaterThan(100);
    expect(result.lines).toBe(result.events);
    const { wrong, trouble, formulas, brokenLines, commands } = result;
    expect({ wrong, trouble, formulas, brokenLines, commands }).toEqual({
      ...{ wrong: [], trouble: [], formulas: [], brokenLines: [], commands: [] },
    });
  }, 400_000);

  test("would be seen if it did not", async () => {
    const some = ["<img src=x onerror=alert(1)>", "<svg onload=alert(2)>"];
    const kept = await hostile(some, undefined, 1, "unescaped");
    expect(kept.trouble.filter((one) => one.startsWith("policy:")).length).toBeGreaterThan(0);
    expect(kept.trouble.filter((one) => one.startsWith("dialog:"))).toEqual([]);
    const open = await hostile(some, undefined, 1, "unescaped-all");
    expect(open.trouble.filter((one) => one.startsWith("dialog:")).length).toBeGreaterThan(0);
    expect(formulasOf('a,"=1+1",\uFF1D1\n')).toEqual(["=1+1", "\uFF1D1"]);
    expect(brokenLines('{"level":"info"}\nforged\n{"level":"info","why":"\u009b31m"}\n')).toHaveLength(2);
    expect(commandsIn("a\u001b[31mb\n")).toEqual(["\u001b"]);
  });
});
