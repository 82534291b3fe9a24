import { expect, test } from "bun:test";
import { addressOf } from "./address.ts";

test("an address is taken apart", () => {
  expect(addressOf("cassandra://curt:p%40ss@a:9043,[::1]:9043/links?datacenter=dc%201&replication=2")).toEqual({
    nodes: ["a:9043", "[::1]:9043"],
    port: 9043,
    keyspace: "links",
    user: "curt",
    password: "p@ss",
    datacenter: "dc 1",
    replication: 2,
    shown: "cassandra://a:9043,[::1]:9043/links",
  });
  expect(addressOf("cassandra://a,b/links")).toMatchObject({
    nodes: ["a:9042", "b:9042"],
    port: 9042,
    user: undefined,
    datacenter: undefined,
    replication: undefined,
  });
});

test("what is no address is not", () => {
  for (const url of [
    "cassandra://a/",
    "cassandra://a,b:9043/links",
    "cassandra://a/Links",
    "cassandra://a b/links",
    "cassandra://u:%zz@a/links",
    "cassandra://a/links?replication=x",
    "cassandra://a/links?other=1",
  ])
    expect(addressOf(url)).toBeUndefined();
});
