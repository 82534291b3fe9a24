import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder as cacheOfAll, fetchJars } from "../jars.ts";
import { freePort } from "../port.ts";
import { programPath } from "../programs.ts";
import { CassandraNode } from "./node.ts";

/** Everything of Cassandra's: jars and the archive of classes stay, `cluster` lives as long as the nodes do. */
export const cacheFolder = join(cacheOfAll, "cassandra");

/** The words that start a node's virtual machine, up to its own settings. */
export async function javaCommand(): Promise<string[]> {
  const java = programPath("java");
  if (java === null) throw new Error("There is no Java 17.");
  const jars = join(cacheFolder, "jars");
  await fetchJars({ name: "Cassandra", megabytes: 67, pom: join(import.meta.dir, "pom.xml"), folder: jars });
  const classPath = readdirSync(jars)
    .sort()
    .map((jar) => join(jars, jar))
    .join(":");
  const agent = readdirSync(jars).find((jar) => jar.startsWith("jamm-")) ?? "";
  const options = join(import.meta.dir, "jvm.options");
  const command = [java, `-javaagent:${join(jars, agent)}`, `@${options}`, "-cp", classPath];
  const version = Bun.spawnSync([java, "-version"]).stderr.toString();
  const key = Bun.hash([version, await Bun.file(options).text(), classPath].join("\n")).toString(16);
  const archive = join(cacheFolder, `classes-${key}.jsa`);
  if (!existsSync(archive)) await makeArchive(command, archive);
  return [...command, `-XX:SharedArchiveFile=${archive}`];
}

/** A node that is started and ended leaves an archive of its classes; with it the next ones start in two thirds. */
async function makeArchive(command: readonly string[], archive: string): Promise<void> {
  const folder = join(cacheFolder, `archive.${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const node = new CassandraNode({
    command: [...command, `-XX:ArchiveClassesAtExit=${archive}`],
    folder,
    address: "127.0.0.1",
    port: freePort(),
    storagePort: freePort(),
    seeds: ["127.0.0.1"],
    token: "0",
  });
  try {
    node.launch();
    await node.ready();
    await node.terminate(60_000);
  } finally {
    await node.kill9();
    rmSync(folder, { recursive: true, force: true });
  }
}
