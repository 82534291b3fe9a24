import type { ComponentChildren } from "preact";
import { language } from "../ui/format.ts";
import { en } from "./en.ts";

export type TextName = keyof typeof en;
export type Texts = Readonly<Record<TextName, string>>;
export type Values = Readonly<Record<string, string | number>>;

const texts: Texts = en;

/** Tells the document which language the texts are in, and which way it runs. */
export function loadTexts(): void {
  document.documentElement.lang = language.value;
  document.documentElement.dir = /^(?:ar|fa|he|ur)\b/.test(language.value) ? "rtl" : "ltr";
}

/** A text with its values filled in. Where it has `one|other`, the number `n` decides. */
export function t(name: TextName, values: Values = {}): string {
  return chosen(name, values.n).replace(/\{(\w+)\}/g, (whole, key: string) => {
    const value = values[key];
    return value === undefined ? whole : typeof value === "number" ? value.toLocaleString(language.value) : value;
  });
}

/** The same with pieces of page for values, and as such to be drawn. */
export function tt(name: TextName, values: Readonly<Record<string, ComponentChildren>>): ComponentChildren[] {
  const n = values.n;
  return chosen(name, typeof n === "number" ? n : undefined)
    .split(/\{(\w+)\}/)
    .map((part, i) => {
      const value = i % 2 === 0 ? part : values[part];
      return typeof value === "number" ? value.toLocaleString(language.value) : value;
    });
}

function chosen(name: TextName, n: string | number | undefined): string {
  const text = texts[name];
  const bar = text.indexOf("|");
  if (bar === -1) return text;
  const one = typeof n === "number" && new Intl.PluralRules(language.value).select(n) === "one";
  return one ? text.slice(0, bar) : text.slice(bar + 1);
}
