/**
 * The whole stack without containers, as processes of this machine (Linux): what profile `cluster` of compose.yaml is.
 *   npm run stack -- up             starts what does not run, and says when the first redirect came through the balancer
 *   npm run stack -- status         what runs, and what answers
 *   npm run stack -- kill NAME      kill -9 of one, such as cassandra-2
 *   npm run stack -- stop NAME      ends one in order
 *   npm run stack -- start NAME     starts one again
 *   npm run stack -- down           ends all; with --wipe the data goes too
 * --folder DIR (./data/stack) has data, logs and the admin key; --port P (8080) is for visitors of a new one;
 * --haproxy FILE is a changed deploy/haproxy/haproxy.cfg, read when HAProxy starts (to be said at each of its starts).
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { javaCommand } from "./cassandra/install.ts";
import { deployed } from "./haproxy.ts";
import type { Part } from "./part.ts";
import { installMissing, stackPrograms } from "./programs.ts";
import { Stack } from "./stack.ts";

/** How long everything may take to answer, in ms. */
const startLimit = 600_000;

const usage =
  "stack: takes up, status, down [--wipe], kill NAME, stop NAME or start NAME; [--folder DIR] [--port P] [--haproxy FILE]";

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      folder: { type: "string", default: "data/stack" },
      port: { type: "string", default: "8080" },
      wipe: { type: "boolean" },
      haproxy: { type: "string", default: deployed },
    },
  });
  const [word = "", name] = positionals;
  const folder = resolve(values.folder);
  if (!["up", "status", "down", "kill", "stop", "start"].includes(word)) return refuse(usage, 2);
  if (word !== "up" && !Stack.exists(folder)) return refuse(`stack: there is none in ${folder}.`, 1);
  if (!existsSync(values.haproxy)) return refuse(`stack: there is no ${values.haproxy}.`, 2);
  if (installMissing(stackPrograms, ["cassandra", "redis", "haproxy"]).length > 0) return 1;
  const java = word === "up" || word === "start" ? await javaCommand() : [];
  const stack = Stack.open(folder, Number(values.port), java, resolve(values.haproxy));
  if (word === "up") return up(stack);
  if (word === "status") return status(stack);
  if (word === "down") {
    await stack.end();
    if (values.wipe) stack.wipe();
    return 0;
  }
  const part = stack.part(name ?? "");
  if (part === undefined) return refuse(`stack: NAME is one of ${stack.parts.map((one) => one.name).join(", ")}`, 2);
  if (word === "start") await part.launch();
  else if (word === "kill") await part.kill9();
  else await part.terminate(60_000);
  return 0;
}

function refuse(why: string, code: number): number {
  console.error(why);
  return code;
}

/** All at once: each waits for those that it needs. */
async function up(stack: Stack): Promise<number> {
  const began = performance.now();
  const since = () => `${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s`;
  for (const part of stack.parts) await part.launch();
  const wait = async (part: Part) => {
    while (!(await part.answers())) {
      if (part.pid === 0) throw new Error(`${part.name} ended; its log is ${stack.folder}/${part.name}/log.`);
      if (performance.now() - began > startLimit)
        throw new Error(`${part.name} does not answer; its log is ${stack.folder}/${part.name}/log.`);
      await Bun.sleep(100);
    }
    console.log(`${since()}  ${part.name.padEnd(14)} ${part.address}`);
  };
  try {
    await Promise.all(stack.parts.map(wait));
    await firstRedirect(stack, began);
  } catch (error) {
    return refuse(`stack: ${error instanceof Error ? error.message : error}`, 1);
  }
  const key = `"Authorization: Bearer $(cat ${stack.folder}/admin.key)"`;
  console.log(`${since()}  first redirect through the load balancer

Make a link, follow it, and see its clicks:
  curl -sS ${stack.url}/api/v1/links -H ${key} -H 'Content-Type: application/json' -d '{"url":"https://example.com/","slug":"hello","reuse":true}' -w '\\n'
  curl -sS -o /dev/null -D - ${stack.url}/hello
  sleep 3; curl -sS ${stack.url}/api/v1/links/hello/clicks -H ${key} -w '\\n'`);
  return 0;
}

/** Makes a link if there is none yet, and follows it, by way of the load balancer. */
async function firstRedirect({ url, key }: Stack, began: number): Promise<void> {
  const slug = "stack-first";
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const body = JSON.stringify({ url: "https://example.com/stack", slug, reuse: true });
  for (;;) {
    const signal = AbortSignal.timeout(5000);
    const made = await fetch(`${url}/api/v1/links`, { method: "POST", headers, body, signal }).catch(() => undefined);
    const followed = await fetch(`${url}/${slug}`, { redirect: "manual", signal }).catch(() => undefined);
    if (followed?.status === 302) return;
    if (performance.now() - began > startLimit)
      throw new Error(`no redirect through the load balancer: ${made?.status}, ${followed?.status}.`);
    await Bun.sleep(100);
  }
}

async function status(stack: Stack): Promise<number> {
  const answers = await Promise.all(stack.parts.map((part) => part.answers()));
  for (const [i, part] of stack.parts.entries()) {
    const state = answers[i] ? "answers" : part.pid === 0 ? "does not run" : "does not answer";
    console.log(`${part.name.padEnd(14)} ${part.address.padEnd(16)} ${String(part.pid || "").padStart(7)}  ${state}`);
  }
  return answers.every((one) => one) ? 0 : 1;
}

process.exit(await run(process.argv.slice(2)));
