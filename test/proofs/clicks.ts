/**
 * Every answered redirect is counted once, whatever dies meanwhile.
 *   npm run proof -- clicks [--part exact,workers,group,clerk,store,disk] [--requests 1000000] [--kills 50] [--group 20]
 *     [--seconds 60] [--store postgres|cassandra]
 * Parts `store` and `disk` have stores of their own.
 * `--mutant position-first` or `no-batch-numbers` breaks the clerk, and part `clerk` must find wrong counts.
 */
import { parseArgs } from "node:util";
import { exactly } from "../clicks/exact.ts";
import {
  diskFull,
  type FaultOptions,
  type FaultResult,
  killClerk,
  killGroups,
  killWorkers,
  missing,
  storeDown,
  withinTurns,
} from "../clicks/faults.ts";
import { startCassandra } from "../servers/cassandra.ts";
import { Keyspace } from "../servers/cassandra-keyspace.ts";
import { startPostgres } from "../servers/postgres.ts";

interface Sizes {
  readonly requests: number;
  readonly kills: number;
  readonly group: number;
  readonly seconds: number;
  readonly mutant: string | undefined;
}

type Part = (common: FaultOptions, sizes: Sizes) => Promise<boolean>;

const parts: Readonly<Record<string, Part>> = {
  exact: async (common, { requests }) => {
    const { counted, received, lag } = await exactly({ ...common, requests, links: 1000 });
    console.log(`exact: ${counted} counted of ${received} received, ${(lag / 1000).toFixed(1)} s after the last`);
    return counted === received;
  },
  workers: async (common, { kills }) => {
    const result = await killWorkers({ ...common, kills });
    say("workers", "kills of a worker", result);
    return withinTurns(result);
  },
  group: async (common, { group }) => {
    const result = await killGroups({ ...common, kills: group });
    say("group", "kills of the whole group", result);
    return withinTurns(result);
  },
  clerk: async (common, { kills, mutant }) => {
    const result = await killClerk({ ...common, kills, ...(mutant === undefined ? {} : { mutant }) });
    say("clerk", "deaths of the clerk", result);
    return mutant === undefined ? missing(result) === 0 : missing(result) !== 0;
  },
  store: async (common, { seconds }) => {
    const result = await storeDown({ ...common, seconds });
    say("store", `outage of ${seconds} s`, result);
    return missing(result) === 0 && result.other === 0 && result.unanswered === 0;
  },
  disk: async (common, { seconds }) => {
    const result = await diskFull({ ...common, seconds: Math.min(10, seconds) });
    say("disk", `full disk, ${result.lost} lost by the metric`, result);
    return missing(result) === result.lost && result.lost > 0 && result.other === 0 && result.unanswered === 0;
  },
};

function say(part: string, faults: string, result: FaultResult): void {
  const off = missing(result);
  const each = off / result.faults;
  console.log(
    `${part}: ${result.faults} ${faults}: ${result.received} received, ${result.counted} counted: ${off} missing ` +
      `(${each.toFixed(1)} for each), ${result.unanswered} unanswered, ${result.other} other answers`,
  );
}

/** `undefined`: the embedded one, of each server its own. */
async function storeOf(name: string | undefined): Promise<{ readonly url: string; end(): Promise<void> } | undefined> {
  if (name === undefined || name === "sqlite") return undefined;
  if (name === "postgres") {
    const postgres = await startPostgres();
    return { url: postgres.url, end: () => postgres.stop() };
  }
  if (name !== "cassandra") throw new Error(`--store: got ${name}, takes sqlite, postgres, cassandra.`);
  const keyspace = new Keyspace(await startCassandra());
  return { url: keyspace.url, end: () => keyspace.drop() };
}

const { values } = parseArgs({
  options: {
    part: { type: "string", default: Object.keys(parts).join(",") },
    requests: { type: "string", default: "1000000" },
    kills: { type: "string", default: "50" },
    group: { type: "string", default: "20" },
    seconds: { type: "string", default: "60" },
    store: { type: "string" },
    mutant: { type: "string" },
  },
});
const sizes: Sizes = {
  requests: Number(values.requests),
  kills: Number(values.kills),
  group: Number(values.group),
  seconds: Number(values.seconds),
  mutant: values.mutant,
};
const opened = await storeOf(values.store);
try {
  const common: FaultOptions = { log: console.log, ...(opened === undefined ? {} : { store: opened.url }) };
  for (const name of values.part.split(",")) {
    const part = parts[name];
    if (part === undefined) throw new Error(`There is no part ${name}: ${Object.keys(parts).join(", ")}`);
    if (await part(common, sizes)) continue;
    console.log(`${name}: NOT as promised`);
    process.exitCode = 1;
  }
} finally {
  await opened?.end();
}
