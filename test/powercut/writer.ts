/**
 * Commits rows to an SQLite database and prints the number of each once it is committed: bun writer.ts FILE SYNCHRONOUS
 * Several may run on one file. `count` in the place of SYNCHRONOUS prints the check's answer and every number there.
 */
import { Database } from "bun:sqlite";
import { writeSync } from "node:fs";

const [file = "", synchronous = "full"] = process.argv.slice(2);
const database = new Database(file, { create: true });
database.run("PRAGMA busy_timeout = 5000");
database.run("PRAGMA journal_mode = WAL");
database.run("CREATE TABLE IF NOT EXISTS kept (id INTEGER PRIMARY KEY, text TEXT)");

if (synchronous === "count") {
  const ids = database.query<{ id: number }, []>("SELECT id FROM kept ORDER BY id").all();
  const check = database.query<{ integrity_check: string }, []>("PRAGMA integrity_check").get();
  console.log(JSON.stringify({ check: check?.integrity_check, ids: ids.map((row) => row.id) }));
} else {
  database.run(`PRAGMA synchronous = ${synchronous}`);
  const insert = database.query<{ id: number }, [string]>("INSERT INTO kept (text) VALUES (?) RETURNING id");
  for (;;) writeSync(1, `${insert.get("x".repeat(200))?.id}\n`);
}
