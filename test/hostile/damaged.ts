import { Database } from "bun:sqlite";
import { join } from "node:path";
import { openLog } from "../../src/processes/log.ts";
import type { Server } from "../server.ts";
import { brokenLines } from "./files.ts";

export interface DamagedResult {
  /** Events that the log must have. */
  readonly events: number;
  /** Its lines about them. */
  readonly lines: number;
  readonly broken: string[];
}

/**
 * What others wrote, in the log: every row of the links is damaged, the server starts again over them, and each link is asked for,
 * which is an error that names it. Then the strings go through the log as it is on a terminal and in a file.
 */
export async function damagedLinks(server: Server, strings: readonly string[]): Promise<DamagedResult> {
  await server.kill9();
  const before = server.output().length;
  const db = new Database(join(server.dataDir, "curt.db"));
  const slugs = db.query("SELECT slug FROM links ORDER BY id").values().flat() as string[];
  db.run("UPDATE links SET sum = sum + 1");
  db.close();
  server.launch();
  await server.ready();
  let events = 0;
  for (const slug of slugs) {
    const path = slug.split("/").map(encodeURIComponent).join("/");
    const answer = await fetch(`${server.url}/${path}`, { redirect: "manual" });
    await answer.arrayBuffer();
    if (answer.status !== 503) throw new Error(`A damaged link was answered with ${answer.status}: ${slug}`);
    events++;
  }
  const lines = server.output().slice(before).split("\n");
  const ours = lines.filter((line) => line.includes("A redirect could not be looked up."));

  const written: string[] = [];
  for (const terminal of [false, true]) {
    const log = openLog("info", (line) => written.push(...line.slice(0, -1).split("\n")), terminal);
    for (const text of strings) log.error("A test.", { why: text });
  }
  const [file, screen] = [written.slice(0, strings.length), written.slice(strings.length)];
  return {
    events: events + 2 * strings.length,
    lines: ours.length + written.length,
    // On a terminal a line is no JSON, and has its level in front.
    broken: [...brokenLines(ours.join("\n")), ...brokenLines(file.join("\n")), ...screen.filter(isNoEvent)],
  };
}

function isNoEvent(line: string): boolean {
  return !/^\d\d:\d\d:\d\d error: A test\. [^\p{Cc}]*$/u.test(line);
}
