import { interleaved } from "../rounds.ts";
import type { Scenario } from "../scenario.ts";
import { constantTarget, curtContender, makeLink, startCurt, usualLoad } from "../servers.ts";
import { named, redirectBars, redirectTable } from "./redirects.ts";

const year = 365 * 86_400_000;

/** Links whose answer can't be kept. */
export const conditions: Scenario = {
  name: "conditions",
  about:
    "One link each with a window of validity, with a query that is handed on, and with a limit of clicks, beside a link without: these are decided anew each time; one worker.",
  run: async (bench) => {
    const server = await startCurt(bench);
    await makeLink(server, "plain", constantTarget);
    const validUntil = new Date(Date.now() + year).toISOString();
    await makeLink(server, "window", constantTarget, { validUntil });
    await makeLink(server, "query", constantTarget, { forwardQuery: true });
    await makeLink(server, "limit", constantTarget, { maxClicks: 1_000_000_000 });
    const all = await interleaved(
      [
        curtContender(server, "Curt, plain", usualLoad, "plain"),
        curtContender(server, "Curt, window of validity", usualLoad, "window"),
        curtContender(server, "Curt, query handed on", usualLoad, "query?utm_medium=mail"),
        curtContender(server, "Curt, limit of clicks", usualLoad, "limit"),
      ],
      bench,
    );
    const plain = named(all, "Curt, plain");
    return {
      goals: [],
      tables: [redirectTable("One link each", all, plain)],
      bars: [redirectBars("conditions", "Links with conditions", all, plain)],
      notes: ["Clicks of a limit are taken exactly: one conditional write for all visitors who wait at a worker."],
    };
  },
};
