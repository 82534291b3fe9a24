import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { need } from "../install.ts";
import { isAlive, until } from "../process-list.ts";
import { type Redis, type RedisOptions, startRedis } from "./redis.ts";

const servers: Redis[] = [];
afterAll(() => Promise.all(servers.map((one) => one.stop())));

async function start(options: RedisOptions = {}): Promise<Redis> {
  const redis = await startRedis(options);
  servers.push(redis);
  return redis;
}

describe.skipIf(!need("redis"))("a Redis for tests", () => {
  test("answers, forgets at kill -9, comes back on the same port, and leaves no process", async () => {
    const redis = await start();
    expect(await redis.ask("SET", "word", "here")).toBe("OK");
    const first = redis.pid;
    await redis.restart();
    expect(isAlive(first)).toBe(false);
    expect(await redis.ask("GET", "word")).toBeNull();

    redis.pause();
    const late = redis.ask("PING");
    expect(await Promise.race([late, Bun.sleep(200).then(() => "silent")])).toBe("silent");
    redis.resume();
    expect(await late).toBe("PONG");

    const last = redis.pid;
    await redis.stop();
    expect(isAlive(last)).toBe(false);
  });

  test("a replica answers when its primary is dead", async () => {
    const primary = await start();
    await primary.ask("SET", "word", "here");
    const replica = await start({ replicaOf: primary });
    await primary.kill9();
    expect(await replica.ask("GET", "word")).toBe("here");
  });

  test("one that is read-only reads and does not write", async () => {
    const redis = await start();
    await redis.ask("SET", "word", "here");
    await redis.readOnly(true);
    expect(await redis.ask("GET", "word")).toBe("here");
    expect(await redis.ask("SET", "word", "there").then(String, String)).toContain("NOREPLICAS");
    await redis.readOnly(false);
    expect(await redis.ask("SET", "word", "there")).toBe("OK");
  });

  test("does not outlive the process that started it", async () => {
    const program = `
      const { startRedis } = await import(${JSON.stringify(join(import.meta.dir, "redis.ts"))});
      const redis = await startRedis();
      process.stdout.write(String(redis.pid), () => process.kill(process.pid, "SIGKILL"));
      await Bun.sleep(5000);`;
    const child = Bun.spawn([process.execPath, "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    const pid = Number(await child.stdout.text());
    expect(pid).toBeGreaterThan(0);
    await until(() => !isAlive(pid), 3000);
  });
});
