import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { PowercutDisk, whyNoPowercut } from "./mount.ts";

const writer = join(import.meta.dir, "writer.ts");
const reason = whyNoPowercut();
if (reason !== undefined) console.log(`Skipped, loss of power: ${reason}`);
// Where everything is promised to run, not being able to is a failure.
const powercutTest = test.skipIf(reason !== undefined && process.env.CI !== "true");

interface Outcome {
  readonly commits: number;
  readonly lost: number;
  readonly check: string;
  readonly commitsPerSecond: number;
}

/** Two processes commit to one database until the power is cut; then it is read again. */
async function cutWhileWriting(disk: PowercutDisk, synchronous: string, milliseconds: number, early: number) {
  const file = join(disk.path, "kept.db");
  const children = [1, 2].map(() =>
    Bun.spawn([process.execPath, writer, file, synchronous], { stdio: ["ignore", "pipe", "ignore"] }),
  );
  const outputs = children.map((child) => new Response(child.stdout).text());
  await Bun.sleep(milliseconds);
  disk.cut();
  for (const child of children) child.kill("SIGKILL");
  const texts = await Promise.all(outputs);
  await disk.powerOn({ early, seed: milliseconds });
  // What comes before the last end of line is whole.
  const acknowledged = texts.flatMap((text) => text.split("\n").slice(0, -1).map(Number));
  const counted = Bun.spawnSync([process.execPath, writer, file, "count"]);
  const { check, ids } = JSON.parse(counted.stdout.toString()) as { check: string; ids: number[] };
  const there = new Set(ids);
  const lost = acknowledged.filter((id) => !there.has(id)).length;
  const commitsPerSecond = Math.round((1000 * acknowledged.length) / milliseconds);
  return { commits: acknowledged.length, lost, check, commitsPerSecond } satisfies Outcome;
}

async function severalCuts(synchronous: string, early: number): Promise<Outcome[]> {
  const disk = await PowercutDisk.mount({ early, seed: 7 });
  try {
    const outcomes: Outcome[] = [];
    for (let cut = 0; cut < 3; cut++) {
      outcomes.push(await cutWhileWriting(disk, synchronous, 600 + 150 * cut, early));
    }
    console.log(`synchronous=${synchronous}, early ${early}: ${JSON.stringify(outcomes)}`);
    return outcomes;
  } finally {
    await disk.remove();
  }
}

for (const early of [0, 0.3])
  powercutTest(
    `SQLite with synchronous=FULL loses no commit (early ${early})`,
    async () => {
      for (const outcome of await severalCuts("full", early)) {
        expect(outcome).toMatchObject({ lost: 0, check: "ok" });
        expect(outcome.commits).toBeGreaterThan(100);
      }
    },
    15_000,
  );

powercutTest(
  "SQLite with synchronous=NORMAL loses commits: the disk does forget",
  async () => {
    const outcomes = await severalCuts("normal", 0);
    expect(outcomes.reduce((sum, outcome) => sum + outcome.lost, 0)).toBeGreaterThan(0);
  },
  15_000,
);

powercutTest("names and contents are kept by the sync of the folder and of the file, each for itself", async () => {
  const disk = await PowercutDisk.mount();
  const inDisk = (script: string) => Bun.spawnSync(["sh", "-c", script], { cwd: disk.path }).stdout.toString();
  try {
    mkdirSync(join(disk.path, "folder"));
    inDisk("sync .; cd folder; for name in whole named nameless; do echo $name >$name; done; sync whole nameless");
    inDisk("cd folder; mv nameless other; sync .; mv other nameless; echo more >>whole");
    disk.cut();
    await disk.powerOn();
    expect(inDisk("cd folder; ls; cat whole named other")).toBe("named\nother\nwhole\nwhole\nnameless\n");
    // Every name is there, `named` without content; the last rename and the last line are gone.
    expect(inDisk("wc -c <folder/named").trim()).toBe("0");
  } finally {
    await disk.remove();
  }
});
