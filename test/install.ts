import { installMissing, stackPrograms } from "../deploy/processes/programs.ts";

export { programPath } from "../deploy/processes/programs.ts";

/** What tests need beyond npm's packages: its programs, and the Debian packages that bring them. */
const needed = {
  ...stackPrograms,
  wrk: { programs: ["wrk"], debian: ["wrk"], for: "load on redirects" },
  h2load: { programs: ["h2load"], debian: ["nghttp2-client"], for: "an exact number of requests" },
  postgres: { programs: ["postgres", "initdb"], debian: ["postgresql"], for: "the Postgres store" },
  memcached: { programs: ["memcached"], debian: ["memcached"], for: "the Memcached cache" },
  faketime: { programs: ["faketime"], debian: ["faketime"], for: "nodes whose clocks differ" },
  chromium: { programs: ["chromium"], debian: ["chromium"], for: "the dashboard in a browser" },
  nginx: {
    programs: ["nginx"],
    debian: ["nginx"],
    for: "several servers behind one address, and comparisons of speed",
  },
  caddy: { programs: ["caddy"], debian: ["caddy"], for: "several servers behind one address with TLS" },
  jmeter: { programs: ["java", "mvn"], debian: ["openjdk-17-jre-headless", "maven"], for: "the JMeter plan" },
} as const;

export type Needed = keyof typeof needed;

/**
 * Whether these are there. Where this is root on Debian or Ubuntu the missing ones are installed first (minutes, once);
 * elsewhere it prints what is missing and how to get it. Under `CI=true` something missing throws, so that a test file
 * that would be skipped fails instead.
 */
export function need(...names: readonly Needed[]): boolean {
  const missing = installMissing(needed, names);
  if (missing.length > 0 && process.env.CI === "true") throw new Error(`Missing for the tests: ${missing.join(", ")}.`);
  return missing.length === 0;
}

/** What the test runner makes sure of before any file; test files ask for their servers themselves, by `need`. */
export function installForTests(): boolean {
  return installMissing(needed, ["wrk"]).length === 0 || process.env.CI !== "true";
}
