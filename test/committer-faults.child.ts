// Run by committer-faults.test.ts in a process of its own: commits links and prints what was acknowledged, until it is killed or
// has seen what it should.
import { writeSync } from "node:fs";
import { sample } from "../src/stores/contract/samples.ts";
import { LocalCommitter } from "../src/stores/sql/committer.ts";
import { openSqliteStore } from "../src/stores/sql/store.ts";

const [, , path = "", mode = ""] = process.argv;
const committer = LocalCommitter.open(path, { logBytes: 1e6 });
const store = openSqliteStore({ path, committer });
const print = (line: string) => writeSync(1, `${line}\n`);

if (mode.startsWith("kill")) {
  for (let round = 0; ; round++) {
    const slugs = Array.from({ length: 8 }, (_, index) => `${mode}-${round}-${index}`);
    await Promise.all(slugs.map((slug) => store.links.insert(sample(slug)).then(() => print(slug))));
  }
}

let failures = 0;
let after = 0;
for (let round = 0; after < 20; round++) {
  const slugs = Array.from({ length: 50 }, (_, index) => `r${round}-${index}`);
  const records = slugs.map((slug) => sample(slug, { note: "n".repeat(500) }));
  try {
    await store.links.insertMany(records);
    for (const slug of slugs) print(`ok ${slug}`);
    if (failures > 5) after++;
  } catch (error) {
    failures++;
    print(`failed ${(error as Error).name}: ${(error as Error).message}`);
    if (failures === 5) {
      Bun.spawnSync(["prlimit", `--pid=${process.pid}`, "--fsize=unlimited:unlimited"]);
      failures++;
      print("lifted");
    }
    if (failures > 100) process.exit(1);
  }
}
await store.close();
await committer.close();
