import type { ComponentChildren } from "preact";
import { Cell } from "../ui/cell.ts";
import { language } from "../ui/format.ts";
import { keep } from "../ui/kept.ts";
import { en } from "./en.ts";

export type TextName = keyof typeof en;
export type Texts = Readonly<Record<TextName, string>>;
export type Values = Readonly<Record<string, string | number>>;

/** The languages there are, by their own names. */
export const languages: Readonly<Record<string, string>> = { en: "English", de: "Deutsch" };

let texts: Texts = en;

/** Brings the texts of the language chosen, and tells the document which they are and which way they run. */
export async function loadTexts(): Promise<void> {
  texts = language.value === "de" ? (await import("./de.ts")).de : en;
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
  // A word of the server that this page does not know yet stays as it is.
  const text = texts[name] ?? name.slice(name.indexOf(".") + 1);
  const bar = text.indexOf("|");
  if (bar === -1) return text;
  const one = typeof n === "number" && new Intl.PluralRules(language.value).select(n) === "one";
  return one ? text.slice(0, bar) : text.slice(bar + 1);
}

/** Shows the page in another language, from now on. */
export async function setLanguage(code: string): Promise<void> {
  const before = language.value;
  language.value = code;
  try {
    await loadTexts();
    keep("language", code);
  } catch {
    language.value = before;
  }
  redrawn.value++;
}

/** Rises when the texts have changed. */
export const redrawn = new Cell(0);
