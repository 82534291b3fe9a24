/**
 * One owner for each slug, asked for on two Curt nodes at the same time, while a replica of Cassandra is stopped
 * (SIGSTOP) and continued.
 *   npm run proof -- owners [--races 10000] [--at-once 128] [--seed N] [--mutant unconditional]
 * With the mutant it must find slugs with two owners.
 */
import { parseArgs } from "node:util";
import { ask, follow } from "../client.ts";
import { seeded } from "../ledger/random.ts";
import { aboutWorkers, type Nodes, startOverCassandra } from "../nodes/over-cassandra.ts";
import { isAlive } from "../process-list.ts";

export interface OwnersOptions {
  readonly races: number;
  /** How many races run at the same time. */
  readonly atOnce: number;
  readonly seed: number;
  readonly mutant?: string | undefined;
  readonly log: (line: string) => void;
}

export interface OwnersResult {
  readonly races: number;
  /** How often a replica was stopped. */
  readonly stops: number;
  readonly owned: number;
  readonly conflicts: number;
  /** 503; every second race's racers then repeat with their `Idempotency-Key` until they are told. */
  readonly refused: number;
  /** Races that nobody was told to have won, with at least one 503. */
  readonly unknown: number;
  readonly twoOwners: number;
  /** Answers other than 201, 409 and 503, or none; and races that all lost. */
  readonly wrong: number;
  /** Slugs that lead elsewhere than to the target of the one who was told to own it, on any node. */
  readonly lost: number;
  readonly seconds: number;
}

interface Race {
  readonly slug: string;
  readonly racers: readonly { readonly url: string; status: number }[];
}

export async function ownersProof(options: OwnersOptions): Promise<OwnersResult> {
  const { races, log } = options;
  const nodes = await startOverCassandra({ mutant: options.mutant });
  try {
    const random = seeded(options.seed);
    const began = performance.now();
    const run: Race[] = [];
    let refused = 0;
    const weather = stopReplicas(nodes, random);
    const racing = async () => {
      while (run.length < races) {
        const race = newRace(run.length, nodes.servers.length);
        run.push(race);
        refused += await hold(nodes, race, run.length % 2 === 0);
        if (run.length % 1000 === 0) log(`${run.length} races, ${weather.stops()} stops, ${refused} times 503`);
      }
    };
    try {
      await Promise.all(Array.from({ length: options.atOnce }, racing));
    } finally {
      await weather.end();
    }
    const seconds = Math.round((performance.now() - began) / 1000);
    await nodes.cluster.heal();
    const dead = nodes.servers.filter(({ pid }) => !isAlive(pid));
    for (const server of dead) log(aboutWorkers(server).join("\n"));
    if (dead.length > 0)
      throw new Error(`${dead.length} of our nodes ended; what they said stands above (seed ${options.seed}).`);
    const { lost, ...found } = await judge(nodes, run, log);
    return { races, stops: weather.stops(), ...found, refused, lost, seconds };
  } finally {
    await nodes.stop();
  }
}

/** What the result misses of what is promised; empty: nothing. */
export function missed(result: OwnersResult): string[] {
  const lines: [boolean, string][] = [
    [result.stops > 0, "no replica was stopped"],
    [result.owned > result.races / 2, `only ${result.owned} of ${result.races} races had a winner who was told`],
    [result.twoOwners === 0, `${result.twoOwners} slugs have two owners`],
    [result.wrong === 0, `${result.wrong} wrong answers`],
    [result.lost === 0, `${result.lost} acknowledged links lost`],
  ];
  return lines.flatMap(([kept, line]) => (kept ? [] : [line]));
}

function newRace(number: number, racers: number): Race {
  const slug = `race-${number}`;
  const urls = Array.from({ length: racers }, (_, i) => `https://example.org/race/${number}/${i}`);
  return { slug, racers: urls.map((url) => ({ url, status: 0 })) };
}

/** Lets one racer a node ask for the slug at once; gives how many 503s there were. */
async function hold({ servers, key }: Nodes, { slug, racers }: Race, keyed: boolean): Promise<number> {
  let refused = 0;
  await Promise.all(
    racers.map(async (racer, i) => {
      const target = { url: servers[i]?.url ?? "", key };
      const headers: Record<string, string> = keyed ? { "idempotency-key": crypto.randomUUID() } : {};
      for (let attempt = 0; attempt < (keyed ? 20 : 1); attempt++) {
        const asked = ask(target, "POST", "/api/v1/links", { url: racer.url, slug }, headers);
        racer.status = await asked.then(({ status }) => status).catch(() => 0);
        if (racer.status !== 503) return;
        refused++;
        if (keyed) await Bun.sleep(200);
      }
    }),
  );
  return refused;
}

/** Stops one replica after the other, at random, each for 1 to 4 s (longer than reads, shorter than writes wait). */
function stopReplicas({ cluster }: Nodes, random: () => number) {
  let stops = 0;
  const ending = Promise.withResolvers<void>();
  let ended = false;
  const sleep = (ms: number) => Promise.race([Bun.sleep(ms), ending.promise]);
  const work = (async () => {
    while (!ended) {
      const node = cluster.nodes[Math.floor(random() * cluster.nodes.length)];
      node?.pause();
      stops++;
      try {
        await sleep(1000 + 3000 * random());
      } finally {
        node?.resume();
      }
      await sleep(500 + 1000 * random());
    }
  })();
  const end = async () => {
    ended = true;
    ending.resolve();
    await work;
  };
  return { stops: () => stops, end };
}

async function judge({ servers }: Nodes, races: readonly Race[], log: (line: string) => void) {
  const found = { owned: 0, conflicts: 0, unknown: 0, twoOwners: 0, wrong: 0, lost: 0 };
  let told = 0;
  const fault = (kind: "twoOwners" | "wrong" | "lost", race: Race, why: string) => {
    found[kind]++;
    if (told++ < 10) log(`  ${kind}: ${why}: ${JSON.stringify(race)}`);
  };
  const judgeOne = async (race: Race): Promise<void> => {
    const { slug, racers } = race;
    const owners = racers.filter(({ status }) => status === 201);
    const unknown = racers.some(({ status }) => status === 503 || status === 0);
    found.conflicts += racers.filter(({ status }) => status === 409).length;
    if (racers.some(({ status }) => ![201, 409, 503].includes(status))) fault("wrong", race, "answered otherwise");
    if (owners.length > 1) fault("twoOwners", race, "two were told");
    if (owners.length === 0 && !unknown) fault("wrong", race, "nobody won");
    if (owners.length > 0) found.owned++;
    else found.unknown++;
    const seen = await Promise.all(servers.map((server) => shown(server, slug)));
    if (new Set(seen).size > 1) fault("lost", race, `the nodes differ: ${seen}`);
    const [owner] = owners;
    const allowed = owner === undefined ? [null, ...racers.map(({ url }) => url)] : [owner.url];
    if (!seen.every((url) => allowed.includes(url))) fault("lost", race, `leads to ${seen}`);
  };
  const waiting = [...races];
  const work = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await judgeOne(next);
  };
  await Promise.all(Array.from({ length: 16 }, work));
  return found;
}

/** Where a slug leads; `null`: nowhere. A node that can't say it now is asked again, ten times. */
async function shown(server: { url: string }, slug: string): Promise<string | null> {
  for (let attempt = 1; ; attempt++) {
    const { status, location } = await follow(server, slug);
    if (status === 404) return null;
    if (status !== 503 || attempt === 10) return location ?? `status ${status}`;
    await Bun.sleep(300);
  }
}

if (import.meta.main) {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ options: { races: text, "at-once": text, seed: text, mutant: text } });
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  const result = await ownersProof({
    races: Number(values.races ?? 10_000),
    atOnce: Number(values["at-once"] ?? 128),
    seed,
    mutant: values.mutant,
    log: console.log,
  });
  const problems = missed(result);
  console.log(JSON.stringify(result));
  console.log(problems.length === 0 ? `All kept (seed ${seed}).` : `Missed (seed ${seed}): ${problems.join("; ")}.`);
  process.exit(problems.length === 0 ? 0 : 1);
}
