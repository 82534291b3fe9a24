/**
 * What others wrote stays text: hostile strings through every field, header and import column; every page opened in Chromium, and
 * what comes out as a file, a line of a log or the output of a command read.
 *   npm run proof -- hostile [--strings 500]
 */
import { parseArgs } from "node:util";
import { hostile } from "../hostile/hostile.ts";
import { hostileStrings } from "../hostile/strings.ts";

const { values } = parseArgs({ options: { strings: { type: "string", default: "500" } } });
const result = await hostile(hostileStrings(Number(values.strings)), console.log);
const { links, pages, events, lines, wrong, trouble, formulas, brokenLines, commands } = result;
console.log(`${values.strings} strings, ${links} links, ${pages} pages, ${events} events in ${lines} lines of log`);
if (events !== lines) process.exitCode = 1;
for (const [what, found] of Object.entries({ wrong, trouble, formulas, brokenLines, commands })) {
  console.log(`${found.length} ${what}`);
  for (const one of found.slice(0, 20)) console.log(`  ${JSON.stringify(one)}`);
  if (found.length > 0) process.exitCode = 1;
}
