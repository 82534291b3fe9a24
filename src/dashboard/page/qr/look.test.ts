import { expect, test } from "bun:test";
import { optionsOf, plainLook, warningOf } from "./look.ts";

test("what scanners can't read is said", () => {
  expect(warningOf(plainLook)).toBeUndefined();
  expect(warningOf({ ...plainLook, dark: "#FFD62E" })).toBe("qr.low");
  expect(warningOf({ ...plainLook, dark: "#ffffff", light: "#000000" })).toBe("qr.inverted");
  expect(warningOf({ ...plainLook, margin: 1 })).toBe("qr.thin");
  expect(warningOf({ ...plainLook, clear: true, light: "#000000" })).toBe("qr.onLight");
  // Half typed: the field itself says so.
  expect(warningOf({ ...plainLook, dark: "#12" })).toBeUndefined();
});

test("a look is sent as the API takes it", () => {
  expect(optionsOf({ ...plainLook, clear: true })).toEqual({
    dark: "#000000",
    light: "transparent",
    margin: 4,
    level: "M",
    logo: undefined,
  });
});
