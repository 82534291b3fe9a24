import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { programPath } from "./programs.ts";

/** What is fetched once and kept, in a folder for each program. */
export const cacheFolder = join(import.meta.dir, "..", "..", ".cache");

export interface Jars {
  /** For whoever waits: `Cassandra`, and how much is fetched. */
  readonly name: string;
  readonly megabytes: number;
  /** The pom.xml that names them. */
  readonly pom: string;
  /** The folder that they go to. */
  readonly folder: string;
  /** The goal of maven-dependency-plugin, with options of its own, up to the folder; by default all jars are copied. */
  readonly goal?: readonly string[];
}

/** Fetches jars from Maven Central, unless they were before. The folder is there whole or not at all. */
export async function fetchJars({ name, megabytes, pom, folder, goal }: Jars): Promise<void> {
  if (existsSync(folder)) return;
  if (megabytes > 0) console.error(`Fetching ${name}: ${megabytes} MB, once.`);
  mkdirSync(dirname(folder), { recursive: true });
  const unfinished = `${folder}.${process.pid}`;
  const copy = goal ?? ["dependency:copy-dependencies"];
  const maven = Bun.spawn(
    [
      ...[programPath("mvn") ?? "mvn", "-B", "-q", "--strict-checksums", "-f", pom, ...copy],
      ...["-DincludeScope=runtime", `-DoutputDirectory=${unfinished}`],
      // Beside what they are about: a mark of jars that were unpacked elsewhere would keep them from being unpacked here.
      `-DmarkersDirectory=${join(unfinished, ".markers")}`,
    ],
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  if ((await maven.exited) !== 0) {
    rmSync(unfinished, { recursive: true, force: true });
    throw new Error(`Maven did not bring the jars of ${name}.`);
  }
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    // Another was faster.
    if (!existsSync(folder)) throw error;
    rmSync(unfinished, { recursive: true, force: true });
  }
}
