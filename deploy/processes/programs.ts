import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lifeline } from "./lifeline.ts";

/** Programs, the Debian packages that bring them, and what they are for. */
export interface Wanted {
  readonly programs: readonly string[];
  readonly debian: readonly string[];
  readonly for: string;
}

/** What the stack is made of besides Curt. */
export const stackPrograms = {
  redis: { programs: ["redis-server"], debian: ["redis-server"], for: "the Redis cache" },
  haproxy: { programs: ["haproxy"], debian: ["haproxy"], for: "several servers behind one address" },
  cassandra: { programs: ["java", "mvn"], debian: ["openjdk-17-jre-headless", "maven"], for: "the Cassandra store" },
} as const;

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
 * Installs what is missing of these, where this is root on Debian or Ubuntu (minutes, once), and gives the names of what still
 * is, having said how to get it.
 */
export function installMissing<Name extends string>(
  table: Readonly<Record<Name, Wanted>>,
  names: readonly Name[],
): Name[] {
  const missing = () => names.filter((name) => table[name].programs.some((program) => programPath(program) === null));
  const before = missing();
  if (before.length === 0) return [];
  if (process.getuid?.() === 0 && Bun.which("apt-get") !== null) aptInstall(before.flatMap((n) => table[n].debian));
  const after = missing();
  for (const name of after) {
    const { debian, programs } = table[name];
    console.error(
      `Missing for ${table[name].for}: ${programs.join(", ")}. On Debian or Ubuntu: apt-get install ${debian.join(" ")}`,
    );
  }
  return after;
}

function aptInstall(packages: readonly string[]): void {
  console.error(`Installing ${packages.join(", ")}.`);
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
