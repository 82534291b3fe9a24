import { Cell } from "../ui/cell.ts";
import { keep, kept } from "../ui/kept.ts";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const chosen = kept("theme");
export const theme = new Cell<Theme>(chosen === "light" || chosen === "dark" ? chosen : "system");

export function setTheme(next: Theme): void {
  theme.value = next;
  keep("theme", next === "system" ? null : next);
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
}
