import { Client, errors } from "cassandra-driver";
import type { Cassandra } from "./cassandra.ts";

/** A keyspace that a test has for itself. Making one takes seconds, so tests empty it instead of making the next. */
export class Keyspace {
  readonly name = `test_${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
  readonly url: string;
  readonly #cluster: Cassandra;
  #client: Client | undefined;

  constructor(cluster: Cassandra) {
    this.#cluster = cluster;
    this.url = cluster.urlOf(this.name);
  }

  /** A connection of the test's own. */
  get client(): Client {
    this.#client ??= new Client({
      contactPoints: this.#cluster.contactPoints,
      protocolOptions: { port: this.#cluster.port },
      localDataCenter: "datacenter1",
      socketOptions: { readTimeout: 30_000 },
      isMetadataSyncEnabled: false,
    });
    return this.#client;
  }

  /** Removes all that a store wrote, but not its schema. No store may be open. */
  async empty(): Promise<void> {
    const query = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?";
    const tables = (await this.client.execute(query, [this.name])).rows.map((row) => String(row.table_name));
    const own = tables.filter((table) => table !== "meta");
    await Promise.all(own.map((table) => this.client.execute(`TRUNCATE ${this.name}.${table}`)));
  }

  /** Cassandra's nodes may trip over their own schema when they were just hurt; what is left then goes with the cluster. */
  async drop(): Promise<void> {
    await this.client.execute(`DROP KEYSPACE IF EXISTS ${this.name}`).catch((error: unknown) => {
      if (!(error instanceof errors.ResponseError)) throw error;
      console.log(`${this.name} could not be dropped: ${error.message}`);
    });
    await this.client.shutdown();
  }
}
