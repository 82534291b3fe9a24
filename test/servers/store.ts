import { openCassandraStore } from "../../src/stores/cassandra/store.ts";
import { startCassandra } from "./cassandra.ts";
import { type Postgres, startPostgres } from "./postgres.ts";

let postgres: Promise<Postgres> | undefined;
let stores = 0;

/**
 * The setting for an empty store of the kind that `TEST_STORE` names (`sqlite`, `postgres`; without it `usual`), so that the
 * same whole-program tests run on each. The server behind it is shared by the tests of this process, and ends with it.
 */
export async function storeForTests(usual = "sqlite"): Promise<Record<string, string>> {
  const kind = process.env.TEST_STORE ?? usual;
  if (kind === "sqlite") return {};
  if (kind === "cassandra") {
    const url = (await startCassandra()).urlOf(`whole_${Date.now().toString(36)}_${++stores}`);
    // Making the tables takes seconds, longer than a server's start may.
    await (await openCassandraStore({ url })).close();
    return { CURT_STORE: url };
  }
  if (kind !== "postgres")
    throw new Error(`TEST_STORE: got ${JSON.stringify(kind)}, takes sqlite, postgres or cassandra.`);
  postgres ??= startPostgres();
  return { CURT_STORE: `${(await postgres).url}?schema=whole_${++stores}` };
}
