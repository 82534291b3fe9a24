/**
 * The long form of `test/fuzz.test.ts`: `npm run proof -- fuzz [--requests N] [--seed S]`, over a server with two workers.
 * Ends with 1 if an answer was from 500 on, or other than the OpenAPI document says.
 */
import { parseArgs } from "node:util";
import { fuzz } from "../fuzz/fuzz.ts";
import { startServer } from "../server.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "20000" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});
const server = await startServer({ args: ["--workers", "2", "--log", "error"] });
try {
  const { shots, statuses, bad } = await fuzz(server, Number(values.requests), Number(values.seed));
  for (const one of bad.slice(0, 50)) console.log(one);
  console.log(`${shots} requests (seed ${values.seed}): ${JSON.stringify(statuses)}; ${bad.length} wrong answers`);
  process.exitCode = bad.length === 0 ? 0 : 1;
} finally {
  await server.stop();
}
