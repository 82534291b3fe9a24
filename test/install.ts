/** What tests need beyond npm's packages: how to see that it is there, and the Debian package that brings it. */
const needed = [{ what: "wrk", check: ["wrk", "-v"], debian: "wrk", for: "load on redirects" }] as const;

function there(check: readonly string[]): boolean {
  const [program = "", ...args] = check;
  if (Bun.which(program) === null) return false;
  const { exitCode } = Bun.spawnSync([program, ...args], { stdio: ["ignore", "ignore", "ignore"] });
  // wrk has no way to say its version with status 0; that it could be started is enough.
  return program === "wrk" || exitCode === 0;
}

/**
 * Installs the Debian packages that are missing, where this is root on Debian or Ubuntu; elsewhere says what is missing
 * and how to get it. Returns whether all is there; under `CI=true` something missing is a failure.
 */
export function installForTests(): boolean {
  let missing = needed.filter((one) => !there(one.check));
  if (missing.length === 0) return true;
  if (process.getuid?.() === 0 && Bun.which("apt-get") !== null) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const quiet = { env, stdio: ["ignore", "ignore", "inherit"] as ["ignore", "ignore", "inherit"] };
    Bun.spawnSync(["apt-get", "update", "-qq"], quiet);
    Bun.spawnSync(
      ["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...missing.map((one) => one.debian)],
      quiet,
    );
    missing = needed.filter((one) => !there(one.check));
  }
  for (const one of missing)
    console.error(`Missing for ${one.for}: ${one.what}. On Debian or Ubuntu: apt-get install ${one.debian}`);
  return missing.length === 0 || process.env.CI !== "true";
}
