/**
 * Everything that the dashboard is for, from the first start to signing out, in real Chromium: at desktop and phone width, dark and
 * light, with a pointer and with the keyboard alone; axe-core looks at each stop. Pictures lie in `.cache/screenshots`.
 *   npm run proof -- walk
 */
import { looks } from "../dashboard/browser.ts";
import { walk } from "../dashboard/walk.ts";

for (const hand of ["pointer", "keys"] as const)
  for (const look of Object.values(looks)) {
    const began = performance.now();
    const { stops, wrong } = await walk({ look, hand, axe: true });
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`${look.name} with ${hand}: ${stops} stops in ${seconds} s, ${wrong.length} wrong`);
    for (const one of wrong) console.log(`  ${one}`);
    if (wrong.length > 0) process.exitCode = 1;
  }
process.exit();
