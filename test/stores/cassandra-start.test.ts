/** What keeps the Cassandra store from being opened, and what is said then. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { openCassandraStore } from "../../src/stores/cassandra/store.ts";
import { need } from "../install.ts";
import { freePort } from "../server.ts";
import { startCassandra } from "../servers/cassandra.ts";
import { Keyspace } from "../servers/cassandra-keyspace.ts";

setDefaultTimeout(180_000);

async function refusal(address: string): Promise<string> {
  try {
    await (await openCassandraStore({ url: address })).close();
    return "opened";
  } catch (error) {
    expect(error).toHaveProperty("name", "StoreUnavailable");
    expect(String(error)).not.toContain("\n");
    expect(String(error)).not.toContain("sesame");
    return (error as Error).message;
  }
}

/** Speaks as much of the protocol as it takes to refuse a password. */
function guardedNode() {
  const frame = (version: number, stream: number, opcode: number, body: Buffer) => {
    const head = Buffer.alloc(9);
    head.writeUInt8(0x80 | version, 0);
    head.writeInt16BE(stream, 2);
    head.writeUInt8(opcode, 4);
    head.writeUInt32BE(body.length, 5);
    return Buffer.concat([head, body]);
  };
  const text = (value: string) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(value.length);
    return Buffer.concat([length, Buffer.from(value)]);
  };
  return Bun.listen({
    hostname: "127.0.0.1",
    port: freePort(),
    socket: {
      data(socket, data) {
        const [version = 4, opcode] = [data[0], data[4]];
        const stream = data.readInt16BE(2);
        const badCredentials = Buffer.from([0, 0, 1, 0]);
        if (opcode === 1)
          socket.write(frame(version, stream, 3, text("org.apache.cassandra.auth.PasswordAuthenticator")));
        else socket.write(frame(version, stream, 0, Buffer.concat([badCredentials, text("Bad credentials")])));
      },
    },
  });
}

describe("a Cassandra that can't be reached says why", () => {
  test("nobody answers", async () => {
    const said = await refusal(`cassandra://curt:sesame@127.0.0.1:${freePort()}/links`);
    expect(said).toContain("no answer from 127.0.0.1:");
    expect(await refusal("cassandra://nowhere.invalid/links")).toContain("nowhere.invalid");
  });

  test("a server that accepts and says nothing is given up", async () => {
    const silent = Bun.listen({ hostname: "127.0.0.1", port: freePort(), socket: { data: () => undefined } });
    const began = performance.now();
    expect(await refusal(`cassandra://127.0.0.1:${silent.port}/links`)).toContain("no answer from 127.0.0.1:");
    expect(performance.now() - began).toBeLessThan(15_000);
    silent.stop(true);
  });

  test("wrong password, no password", async () => {
    const guarded = guardedNode();
    expect(await refusal(`cassandra://curt:sesame@127.0.0.1:${guarded.port}/links`)).toContain(
      'user "curt" was refused',
    );
    expect(await refusal(`cassandra://127.0.0.1:${guarded.port}/links`)).toContain("the cluster wants a user");
    guarded.stop(true);
  });
});

describe.skipIf(!need("cassandra"))("a Cassandra that can't be used says why", () => {
  let keyspace: Keyspace;
  beforeAll(async () => {
    keyspace = new Keyspace(await startCassandra());
  }, 180_000);
  afterAll(() => keyspace.drop(), 60_000);

  test("unknown data centre", async () => {
    const said = await refusal(`${keyspace.url}?datacenter=elsewhere`);
    expect(said).toContain('there is no data centre "elsewhere"; the cluster has "datacenter1"');
  });

  test("too few nodes for the copies asked for", async () => {
    const said = await refusal(`${keyspace.url}?replication=4`);
    expect(said).toContain('replication 4 needs as many nodes in data centre "datacenter1", which has 3');
  });

  test("another number of copies than there is, and a schema of a newer Curt", async () => {
    expect(await refusal(`${keyspace.url}?datacenter=datacenter1&replication=2`)).toBe("opened");
    expect(await refusal(keyspace.url)).toBe("opened");
    const said = await refusal(`${keyspace.url}?replication=3`);
    expect(said).toContain("the keyspace keeps 2 copies");
    expect(said).toContain(`ALTER KEYSPACE ${keyspace.name} WITH replication`);
    await keyspace.client.execute(`UPDATE ${keyspace.name}.meta SET value = '99' WHERE name = 'schema' IF EXISTS`);
    expect(await refusal(keyspace.url)).toContain("schema 99, made by a newer Curt");
  });
});
