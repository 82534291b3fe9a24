/** The examples of docs/api.md, run as they stand against a real server. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask } from "./client.ts";
import { plainEnvironment, type Server, startServer } from "./server.ts";

const root = join(import.meta.dir, "..");
const page = readFileSync(join(root, "docs", "api.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "curt-examples-"));
let server: Server;
beforeAll(async () => {
  server = await startServer({ args: ["--workers", "1"] });
  await ask(server, "POST", "/api/v1/links", { url: "https://example.com/beta", slug: "beta" });
  writeFileSync(join(folder, "links.jsonl"), '{"url":"https://example.com/1","slug":"one"}\n{"url":"nothing"}\n');
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What stands in the blocks of a language. */
function blocks(language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(
    (match) => match[1] ?? "",
  );
}

/** Runs words as a user of this server would. */
async function run(words: string[], cwd: string): Promise<{ out: string; code: number }> {
  const env = { ...plainEnvironment(), CURT_KEY: server.key };
  const child = Bun.spawn(words, { cwd, env, stdio: ["ignore", "pipe", "inherit"], timeout: 30_000 });
  return { out: await child.stdout.text(), code: await child.exited };
}

test("every curl line is answered well", async () => {
  const lines = blocks("sh").flatMap((block) =>
    block
      .replaceAll(/\\\n\s*/g, "")
      .trim()
      .split("\n"),
  );
  expect(lines.length).toBeGreaterThan(10);
  let id = "";
  for (const line of lines) {
    const command = line.replaceAll("http://localhost:5000", server.url).replace("/keys/ID", `/keys/${id}`);
    const { out } = await run(["sh", "-c", `${command} -sS -w '\\n%{http_code}'`], folder);
    const end = out.lastIndexOf("\n");
    expect([line, out.slice(end + 1)]).toEqual([line, expect.stringMatching(/^2\d\d$/)]);
    if (line.includes('"name":"ci"')) id = JSON.parse(out.slice(0, end)).id;
  }
});

test("the TypeScript runs", async () => {
  for (const block of blocks("ts")) {
    const script = `${block.replaceAll("http://localhost:5000", server.url)}\nconsole.log(link.slug)`;
    const { out, code } = await run([process.execPath, "-e", script], root);
    expect([code, out.trim().length > 3]).toEqual([0, true]);
  }
});

test("the link that is shown has the fields of a link, and the errors theirs", async () => {
  const shown = blocks("json").flatMap((block) => {
    try {
      return [JSON.parse(block) as Record<string, unknown>];
    } catch {
      return block
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    }
  });
  const link = shown.find((one) => "shortUrl" in one) ?? {};
  const { body } = await ask(server, "GET", "/api/v1/links/beta");
  expect(Object.keys(link).sort()).toEqual(Object.keys(body).sort());
  const problem = shown.find((one) => "errors" in one) ?? {};
  const failed = await ask<Record<string, unknown>>(server, "POST", "/api/v1/links", { url: "example.com" });
  expect(failed.body).toEqual(problem);
});
