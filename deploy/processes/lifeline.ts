/**
 * Runs a shell script when this process ends in whatever way, `kill -9` too: what a test started must not stay behind.
 * The script sees `args` as $1, $2 and so on. The function returned calls it off.
 */
export function lifeline(script: string, args: readonly string[]): () => void {
  // A line on its standard input calls it off; the end of input without one means that we are gone.
  const keeper = Bun.spawn(["sh", "-c", `read -r line && exit 0\n${script}`, "lifeline", ...args], {
    stdio: ["pipe", "ignore", "ignore"],
    // In a session of its own, so that Ctrl-C on the tests does not take it too.
    detached: true,
  });
  keeper.unref();
  return () => {
    keeper.stdin.write("\n");
    keeper.stdin.end();
  };
}
