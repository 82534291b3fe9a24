/** The table of settings in `docs/configure.md`. `sh bin/run test/settings-table.ts` writes it anew. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { flagOf, settings } from "../src/config.ts";

const page = join(import.meta.dir, "..", "docs", "configure.md");
const [begin, end] = ["<!-- settings: made from src/config.ts -->", "<!-- end of settings -->"];

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** The page as it should be: what is written by hand stays, the table comes from the code. */
export function configurePage(): { readonly now: string; readonly wanted: string } {
  const now = readFileSync(page, "utf8");
  const rows = Object.entries(settings).map(([name, one]) => {
    const secret = one.secret ? ` Or \`${name}_FILE\` names a file that holds it.` : "";
    const shown = one.fallback === undefined || one.fallback !== one.shown ? one.shown : `\`${one.shown}\``;
    return `| \`${name}\` | \`${flagOf(name)}\` | ${cell(shown)} | ${cell(one.meaning)}${secret} |`;
  });
  const table = ["| name | flag | default | meaning |", "|---|---|---|---|", ...rows].join("\n");
  const [before = "", rest = ""] = now.split(begin);
  const [, after = ""] = rest.split(end);
  return { now, wanted: `${before}${begin}\n${table}\n${end}${after}` };
}

if (import.meta.main) writeFileSync(page, configurePage().wanted);
