import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lifeline } from "./lifeline.ts";

/** What tests need beyond npm's packages: its programs, and the Debian packages that bring them. */
const needed = {
  wrk: { programs: ["wrk"], debian: ["wrk"], for: "load on redirects" },
  h2load: { programs: ["h2load"], debian: ["nghttp2-client"], for: "an exact number of requests" },
  postgres: { programs: ["postgres", "initdb"], debian: ["postgresql"], for: "the Postgres store" },
  redis: { programs: ["redis-server"], debian: ["redis-server"], for: "the Redis cache" },
  memcached: { programs: ["memcached"], debian: ["memcached"], for: "the Memcached cache" },
  haproxy: { programs: ["haproxy"], debian: ["haproxy"], for: "several servers behind one address" },
  faketime: { programs: ["faketime"], debian: ["faketime"], for: "nodes whose clocks differ" },
  chromium: { programs: ["chromium"], debian: ["chromium"], for: "the dashboard in a browser" },
  nginx: {
    programs: ["nginx"],
    debian: ["nginx"],
    for: "several servers behind one address, and comparisons of speed",
  },
  caddy: { programs: ["caddy"], debian: ["caddy"], for: "several servers behind one address with TLS" },
  cassandra: { programs: ["java", "mvn"], debian: ["openjdk-17-jre-headless", "maven"], for: "the Cassandra store" },
  jmeter: { programs: ["java", "mvn"], debian: ["openjdk-17-jre-headless", "maven"], for: "the JMeter plan" },
} as const;

export type Needed = keyof typeof needed;

/** The path of a program: on PATH, or where Debian, Ubuntu or Homebrew keep it out of sight. `java` is Java 17. */
export function programPath(name: string): string | null {
  const hidden = hiddenFolders(name).map((folder) => join(folder, name));
  const found = hidden.find((path) => existsSync(path)) ?? null;
  // Cassandra runs on Java 17 and on none of the newer ones, which may come first on PATH.
  if (name !== "java") return Bun.which(name) ?? found;
  if (found !== null) return found;
  const java = Bun.which("java");
  return java !== null && /version "17\./.test(Bun.spawnSync([java, "-version"]).stderr.toString()) ? java : null;
}

function hiddenFolders(name: string): string[] {
  if (name === "java")
    return [
      ...listed("/usr/lib/jvm", /^java-17-openjdk/, "bin"),
      "/opt/homebrew/opt/openjdk@17/bin",
      "/usr/local/opt/openjdk@17/bin",
    ];
  return [...listed("/usr/lib/postgresql", /^\d+$/, "bin"), "/usr/sbin", "/usr/local/sbin"];
}

/** Folders `parent/NAME/below`, the highest number first. */
function listed(parent: string, name: RegExp, below: string): string[] {
  if (!existsSync(parent)) return [];
  const names = readdirSync(parent).filter((one) => name.test(one));
  return names.sort((a, b) => b.localeCompare(a, "en", { numeric: true })).map((one) => join(parent, one, below));
}

/**
 * Whether these are there. Where this is root on Debian or Ubuntu the missing ones are installed first (minutes, once);
 * elsewhere it prints what is missing and how to get it. Under `CI=true` something missing throws, so that a test file
 * that would be skipped fails instead.
 */
export function need(...names: readonly Needed[]): boolean {
  const missing = install(names);
  if (missing.length > 0 && process.env.CI === "true") throw new Error(`Missing for the tests: ${missing.join(", ")}.`);
  return missing.length === 0;
}

/** What the test runner makes sure of before any file; test files ask for their servers themselves, by `need`. */
export function installForTests(): boolean {
  return install(["wrk"]).length === 0 || process.env.CI !== "true";
}

/** Installs what is missing, if it can, and gives the names of what still is. */
function install(names: readonly Needed[]): Needed[] {
  const missing = () => names.filter((name) => needed[name].programs.some((program) => programPath(program) === null));
  const before = missing();
  if (before.length === 0) return [];
  if (process.getuid?.() === 0 && Bun.which("apt-get") !== null) aptInstall(before.flatMap((n) => needed[n].debian));
  const after = missing();
  for (const name of after) {
    const { debian, programs } = needed[name];
    console.error(
      `Missing for ${needed[name].for}: ${programs.join(", ")}. On Debian or Ubuntu: apt-get install ${debian.join(" ")}`,
    );
  }
  return after;
}

function aptInstall(packages: readonly string[]): void {
  console.error(`Installing ${packages.join(", ")} for the tests.`);
  const allowServices = forbidServices();
  const apt = (...args: string[]) =>
    Bun.spawnSync(["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      stdio: ["ignore", "ignore", "inherit"],
    }).exitCode === 0;
  try {
    apt("update");
    apt("install", "-y", "--no-install-recommends", ...packages);
  } finally {
    allowServices();
  }
}

/** Debian starts a service when it is installed. Tests run servers of their own, so it is told not to, for a while. */
function forbidServices(): () => void {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return () => {};
  const callOff = lifeline('rm -f -- "$1"', [policy]);
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  return () => {
    Bun.spawnSync(["rm", "-f", "--", policy]);
    callOff();
  };
}
