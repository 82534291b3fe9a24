import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import { de } from "./de.ts";
import { en } from "./en.ts";

const page = join(import.meta.dir, "..");
const names = Object.keys(en);
const placesOf = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

test("both languages say everything, with the same places and forms", () => {
  expect(Object.keys(de).sort()).toEqual([...names].sort());
  for (const name of names as (keyof typeof en)[]) {
    expect([name, placesOf(de[name])]).toEqual([name, placesOf(en[name])]);
    expect([name, de[name].split("|").length]).toEqual([name, en[name].split("|").length]);
    expect([name, de[name].trim()]).toEqual([name, de[name]]);
    expect(de[name]).not.toBe("");
  }
});

test("no text is said nowhere", () => {
  const files = [...new Glob("**/*.{ts,tsx}").scanSync({ cwd: page })].filter(
    (file) => !/^texts\/|\.test\.ts$/.test(file),
  );
  const source = files.map((file) => readFileSync(join(page, file), "utf8")).join("\n");
  // A name is written whole, or its beginning is and the rest is a value: `state.${state}`.
  const made = [...source.matchAll(/`([\w.]+\.)\$\{/g)].map((match) => match[1] ?? "");
  const unused = names.filter((name) => !source.includes(`"${name}"`) && !made.some((start) => name.startsWith(start)));
  expect(unused).toEqual([]);
});
