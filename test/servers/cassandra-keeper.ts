import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "../process-list.ts";

/** How long a cluster that nobody uses is kept, in seconds. */
const idle = 600;

/** Ends the nodes below folder $1 when no process has used them for $2 seconds, and removes it. */
const keep = `unused=0
while [ "$unused" -lt "$2" ] && [ -d "$1" ]; do
  sleep 2
  unused=$((unused + 2))
  user=$(cat "$1/user" 2>/dev/null) && kill -0 "$user" 2>/dev/null && unused=0
done
for file in "$1"/node*/pid; do
  pid=$(cat "$file" 2>/dev/null) || continue
  if [ ! -d /proc/self ] || grep -qF "$1" "/proc/$pid/cmdline" 2>/dev/null; then kill -s KILL "$pid"; fi
done
rm -rf -- "$1"`;

/** Makes sure that somebody looks after the nodes in `folder`: they outlive this process, but not for long. */
export function keepFor(folder: string): void {
  const file = join(folder, "keeper");
  if (isAlive(numberIn(file))) return;
  const keeper = Bun.spawn(["sh", "-c", keep, "cassandra-keeper", folder, `${idle}`], {
    stdio: ["ignore", "ignore", "ignore"],
    detached: true,
  });
  keeper.unref();
  writeFileSync(file, `${keeper.pid}`);
}

/** Takes the cluster for this process: a test that kills nodes can't share it. Waits for another at most `limit` ms. */
export async function takeFor(folder: string, limit: number): Promise<void> {
  const file = join(folder, "user");
  const until = Date.now() + limit;
  for (;;) {
    const user = numberIn(file);
    if (user === process.pid) return;
    if (!isAlive(user)) {
      rmSync(file, { force: true });
      try {
        writeFileSync(file, `${process.pid}`, { flag: "wx" });
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
    if (Date.now() > until) throw new Error(`Cassandra is used by process ${user}.`);
    await Bun.sleep(200);
  }
}

/** Whether a living process other than this one uses it. */
export function usedByAnother(folder: string): boolean {
  const user = numberIn(join(folder, "user"));
  return user !== process.pid && isAlive(user);
}

/** Ends the keeper alone. */
export function endKeeper(folder: string): void {
  const keeper = numberIn(join(folder, "keeper"));
  if (isAlive(keeper)) process.kill(keeper, "SIGKILL");
}

/** The number in a file; 0, which is no process, if there is none. */
function numberIn(file: string): number {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return 0;
  }
}
