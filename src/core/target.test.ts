import { describe, expect, test } from "bun:test";
import { checkTarget, ownAddress, targetLimit } from "./target.ts";

const own = ownAddress("https://go.example.com", 5000);
const problem = (input: string) => {
  const verdict = checkTarget(input, own);
  return "problem" in verdict ? verdict.problem : undefined;
};
const accepted = (input: string) => {
  const verdict = checkTarget(input, own);
  return "url" in verdict ? verdict.url : verdict.problem;
};

describe("a target is kept in WHATWG serialisation", () => {
  for (const [given, kept] of [
    ["https://example.com", "https://example.com/"],
    ["HTTPS://EXAMPLE.com/%7Ea?b=c#d", "https://example.com/%7Ea?b=c#d"],
    ["http://bücher.example/ü", "http://xn--bcher-kva.example/%C3%BC"],
    ["  https://example.com/a b  ", "https://example.com/a%20b"],
    ["https://example.com:443/x", "https://example.com/x"],
    ["http:example.com/x", "http://example.com/x"],
    ["https://example.com/a\r\nSet-Cookie: x", "https://example.com/aSet-Cookie:%20x"],
    ["https://example.com/\u0000x", "https://example.com/%00x"],
  ] as const)
    test(JSON.stringify(given), () => expect(accepted(given)).toBe(kept));
});

describe("what is not http or https is refused", () => {
  for (const input of [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "\u0001javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "ftp://example.com/",
    "blob:https://example.com/1",
    "//example.com/x",
    "/\\example.com/x",
    "\\\\example.com",
    "",
    "   ",
    "nonsense",
    "http://",
    "https://exa mple.com/",
  ])
    test(JSON.stringify(input), () => expect(problem(input)).toBeString());
});

test("a missing scheme is answered with the form that was meant", () => {
  expect(problem("example.com/x")).toContain("https://example.com/x");
  expect(problem("example.com:8080/x")).toContain("https://example.com:8080/x");
  expect(problem("localhost:3000")).toContain("https://localhost:3000");
  expect(problem("//example.com/x")).toContain("https://example.com/x");
});

test("a user name or password hides where a link goes", () => {
  expect(problem("https://paypal.com@evil.example/")).toContain("@");
  expect(problem("https://a:b@evil.example/")).toBeString();
  expect(problem("https://example.com/@user")).toBeUndefined();
});

describe("this Curt is not a target, in any spelling", () => {
  for (const input of [
    "https://go.example.com/a",
    "http://go.example.com/a",
    "https://GO.Example.COM/a",
    "https://go.example.com./a",
    "https://go.example.com..",
    "https://go.example.com:443/a",
    "https://go.example.com:8443/a",
    "https://go。example.com/a",
    "https://ｇｏ.example.com/a",
    "http://localhost:5000/a",
    "http://LOCALHOST.:5000/a",
    "http://127.0.0.1:5000/a",
    "http://127.1:5000/a",
    "http://2130706433:5000/a",
    "http://0x7f.0.0.1:5000/",
    "http://0.0.0.0:5000/",
    "http://[::1]:5000/",
    "http://[::ffff:127.0.0.1]:5000/",
    "http://x.localhost:5000/",
  ])
    test(input, () => expect(problem(input)).toBeString());
  test("an international name", () => {
    const bücher = ownAddress("https://bücher.example", 5000);
    for (const input of ["https://bücher.example/a", "https://xn--bcher-kva.example/a", "https://BÜCHER.example./a"])
      expect("problem" in checkTarget(input, bücher)).toBe(true);
  });
  test("but another program on this machine is", () => expect(problem("http://localhost:3000/a")).toBeUndefined());
  test("and so is a neighbour", () => expect(problem("https://example.com/")).toBeUndefined());
});

test("8 KB is the limit, before and after escaping", () => {
  const base = "https://example.com/";
  expect(problem(base + "a".repeat(targetLimit - base.length))).toBeUndefined();
  expect(problem(base + "a".repeat(targetLimit - base.length + 1))).toContain("8193");
  expect(problem(base + "ü".repeat(3000))).toContain("once escaped");
});
