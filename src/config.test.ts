import { describe, expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError, childEnvironment, readConfig } from "./config.ts";
import { shownSettings } from "./config-shown.ts";

const refusal = (flags: Parameters<typeof readConfig>[0], env: Record<string, string>) => {
  try {
    readConfig(flags, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return undefined;
};

test("nothing set is a working configuration", () => {
  const config = readConfig({}, {});
  expect(config).toMatchObject({ port: 5000, host: "127.0.0.1", baseUrl: "http://localhost:5000", slugLength: 7 });
  expect(config.storePath).toEndWith("/data/curt.db");
  expect(config.sources.CURT_PORT).toBe("default");
});

test("a flag wins over the environment, and the source is known", () => {
  const config = readConfig({ CURT_PORT: "6000" }, { CURT_PORT: "7000", CURT_SLUGS: "counter" });
  expect(config).toMatchObject({ port: 6000, baseUrl: "http://localhost:6000", slugs: "counter", slugLength: 1 });
  expect(config.sources).toMatchObject({ CURT_PORT: "flag", CURT_SLUGS: "environment" });
  expect(config.raw).toEqual({ CURT_PORT: "6000", CURT_SLUGS: "counter" });
});

test("a secret comes from a file, without its line end", () => {
  const file = join(mkdtempSync(join(tmpdir(), "curt-config-")), "key");
  writeFileSync(file, "0123456789abcdef\n");
  const config = readConfig({}, { CURT_ADMIN_KEY_FILE: file });
  expect(config.adminKey).toBe("0123456789abcdef");
  expect(config.sources.CURT_ADMIN_KEY).toBe("file");
});

test("the address of a shared cache, each server by itself", () => {
  const cache = (text: string) => readConfig({}, { CURT_CACHE: text }).cache;
  expect(cache("none")).toEqual({ kind: "none" });
  expect(cache("redis://a")).toEqual({ kind: "redis", urls: ["redis://a:6379"] });
  expect(cache("rediss://:p%40ss@a,b:7000/3")).toEqual({
    kind: "redis",
    urls: ["rediss://:p%40ss@a:6379/3", "rediss://:p%40ss@b:7000/3"],
  });
  expect(cache("redis://[::1]:7000")).toEqual({ kind: "redis", urls: ["redis://[::1]:7000"] });
  expect(cache("memcached://a,[::1]:7000/")).toEqual({
    kind: "memcached",
    servers: [
      { host: "a", port: 11211 },
      { host: "::1", port: 7000 },
    ],
  });
  for (const bad of [
    "redis",
    "redis://",
    "redis://a,,b",
    "redis://a:0",
    "redis://a:70000",
    "memcached://u@a",
    "http://a",
  ])
    expect(refusal({}, { CURT_CACHE: bad })).toContain("takes none, redis://HOST");
  expect(refusal({}, { CURT_CACHE: "memcached://a,a:11211" })).toContain("takes each server once");
  expect(refusal({}, { CURT_CACHE: "redis://:secret@a:x" })).not.toContain("secret");
});

describe("one line that names the setting, what it got and what it takes", () => {
  for (const [env, parts] of [
    [{ CURT_PROT: "1" }, ["CURT_PROT", "not a setting"]],
    [{ CURT_PORT_FILE: "/x" }, ["CURT_PORT_FILE", "not a setting"]],
    [{ CURT_PORT: "80a" }, ["CURT_PORT", '"80a"', "1 to 65535"]],
    [{ CURT_PORT: "70000" }, ["CURT_PORT", '"70000"']],
    [{ CURT_PUBLIC_CREATE: "yes" }, ["CURT_PUBLIC_CREATE", '"yes"', "true or false"]],
    [{ CURT_BASE_URL: "go.example.com" }, ["CURT_BASE_URL", "https://go.example.com"]],
    [{ CURT_REDIRECT_STATUS: "304" }, ["CURT_REDIRECT_STATUS", "301, 302, 303, 307, 308"]],
    [{ CURT_STORE: "mysql://x" }, ["CURT_STORE", "sqlite"]],
    [{ CURT_ADMIN_KEY_FILE: "/does/not/exist" }, ["CURT_ADMIN_KEY_FILE", "/does/not/exist"]],
    [{ CURT_SLUGS: "hash", CURT_SLUG_LENGTH: "7" }, ["CURT_SLUG_LENGTH", "hash"]],
  ] as [Record<string, string>, string[]][])
    test(Object.keys(env).join(), () => {
      const message = refusal({}, env) ?? "";
      for (const part of parts) expect(message).toContain(part);
      expect(message).not.toContain("\n");
    });
  test("a secret is not shown", () => {
    expect(refusal({}, { CURT_ADMIN_KEY: "hunter2" })).not.toContain("hunter2");
  });
  test("a flag is named as a flag", () => expect(refusal({ CURT_PORT: "x" }, {})).toStartWith("--port"));
});

test("a Postgres address is checked before anything connects, and its password is never printed", () => {
  const good = "postgres://curt:p%40ss@db.example:5433/links?schema=mine&sslmode=require";
  expect(readConfig({}, { CURT_STORE: good }).store).toEqual({ kind: "postgres", url: good });
  for (const bad of [
    "postgres://",
    "postgres://u:sesame@host",
    "postgres://u:sesame@host/",
    "postgres://u:sesame@host/a/b",
    "postgres://u:sesame%zz@host/a",
    "postgres://u:sesame@host/a?schema=A;B",
    "postgres://u:sesame@host/a?sslmode=maybe",
    "postgres://u:sesame@host/a?other=1",
  ]) {
    expect(() => readConfig({}, { CURT_STORE: bad })).toThrow(ConfigError);
    expect(() => readConfig({}, { CURT_STORE: bad })).not.toThrow(/sesame/);
  }
});

test("a Cassandra address is checked before anything connects, and its password is never printed", () => {
  for (const good of [
    "cassandra://a,b:9042,[::1]:9042/links",
    "cassandra://curt:p%40ss@db.example/links_2?datacenter=dc%201&replication=3",
  ])
    expect(readConfig({}, { CURT_STORE: good }).store).toEqual({ kind: "cassandra", url: good });
  for (const bad of [
    "cassandra:",
    "cassandra://u:sesame@host",
    "cassandra://u:sesame@host/",
    "cassandra://u:sesame@host/Links",
    "cassandra://u:sesame@host/a/b",
    "cassandra://u:sesame@a,,b/links",
    "cassandra://u:sesame@a:b/links",
    "cassandra://u:sesame@a,b:9043/links",
    "cassandra://u:sesame%zz@host/links",
    "cassandra://u:sesame@host/links?replication=0",
    "cassandra://u:sesame@host/links?datacenter=",
    "cassandra://u:sesame@host/links?other=1",
  ]) {
    expect(() => readConfig({}, { CURT_STORE: bad })).toThrow(ConfigError);
    expect(() => readConfig({}, { CURT_STORE: bad })).not.toThrow(/sesame/);
  }
});

test("what is shown of the settings has sources, in a child process too, and no secret", () => {
  const env = {
    CURT_ADMIN_KEY: "secret-admin-key-1234",
    CURT_STORE: "postgres://me:secret%40word@db.example/curt",
    CURT_CACHE: "redis://:secret-pass@one.example,two.example",
    CURT_KEY: "secret-key",
  };
  const config = readConfig({ CURT_PORT: "5001" }, env);
  const handed = readConfig({}, childEnvironment(config));
  for (const one of [config, handed]) {
    const shown = new Map(shownSettings(one).map((setting) => [setting.name, setting]));
    expect(JSON.stringify([...shown.values()])).not.toContain("secret");
    expect(shown.get("CURT_PORT")).toMatchObject({ value: "5001", source: "flag", isSet: true, flag: "--port" });
    expect(shown.get("CURT_STORE")).toMatchObject({ value: "postgres://…@db.example/curt", source: "environment" });
    expect(shown.get("CURT_CACHE")?.value).toBe("redis://…@one.example,two.example");
    expect(shown.get("CURT_ADMIN_KEY")).toMatchObject({ value: null, isSet: true });
    expect(shown.get("CURT_SLUGS")).toMatchObject({ value: "random", source: "default", isSet: false });
  }
});
