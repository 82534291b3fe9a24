/** The command line as its users meet it: the real command as a child process, against a real server and store. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { awkwardUrls } from "./import/awkward-urls.ts";
import { Followers } from "./import/followers.ts";
import { importProof } from "./proofs/import.ts";
import { freePort, plainEnvironment, type Server, startServer } from "./server.ts";

const curt = join(import.meta.dir, "..", "bin", "curt");
const folder = mkdtempSync(join(tmpdir(), "curt-cli-"));
let server: Server;
let folders = 0;

beforeAll(async () => {
  server = await startServer({ args: ["--workers", "2"] });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Runs the command to its end. */
async function run(args: readonly string[], { env = {}, input = "" }: RunOptions = {}): Promise<Run> {
  const child = Bun.spawn(["sh", curt, ...args], {
    cwd: folder,
    env: { ...plainEnvironment(), ...env },
    stdin: Buffer.from(input),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { code: await child.exited, out, err };
}

/** Runs a command against the server of this file. */
function ask(...args: string[]): Promise<Run> {
  return run(args, { env: { CURT_SERVER: server.url, CURT_KEY: server.key } });
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const freshData = () => join(folder, `data-${folders++}`);
const json = (text: string) => JSON.parse(text) as Record<string, unknown>;
const jsonLines = (text: string) => text.split("\n").filter(Boolean).map(json);

/** Cells that a spreadsheet would run. */
function formulasOf(csv: string): string[] {
  return (parse(csv) as string[][]).flat().filter((cell) => /^[=+\-@\t\r]/.test(cell));
}

describe("usage", () => {
  test("--version and --help of everything", async () => {
    expect(await run(["--version"])).toMatchObject({ code: 0, out: "0.1.0\n" });
    const all = await run(["--help"]);
    expect(all.code).toBe(0);
    const names = [...all.out.matchAll(/^ {2}([a-z]+) {2,}/gm)].map((match) => match[1] ?? "");
    expect(names.sort()).toEqual(
      "add backup bench doctor edit export get import key list migrate remove restore serve stats".split(" "),
    );
    const helps = await Promise.all(names.map((name) => run([name, "--help"])));
    for (const help of helps) expect(help).toMatchObject({ code: 0, err: "" });
    for (const help of helps.filter((_, i) => names[i] !== "key")) expect(help.out).toContain("--json");
    expect((await run(["help", "add"])).out).toContain("Usage: curt add");
    expect((await run(["serve", "--help"])).out.replaceAll(/\s+/g, " ")).toContain(
      "Also CURT_ADMIN_KEY or CURT_ADMIN_KEY_FILE.",
    );
  });

  test("wrong usage is one line, names what was wrong, suggests, and ends with 2", async () => {
    const cases: [string[], RegExp][] = [
      [["ad"], /^curt: unknown command 'ad' \(Did you mean add\?\)\n$/],
      [["add", "--slog", "x"], /^curt: unknown option '--slog' \(Did you mean --slug\?\)\n$/],
      [["add"], /^curt: missing required argument 'url'\n$/],
      [["add", "https://e.com", "x"], /^curt: too many arguments/],
      [["add", "https://e.com", "--until", "soon"], /^curt: --until: got "soon", takes a time such as .*\n$/],
      [["add", "https://e.com", "--status", "200"], /^curt: --status: got "200", takes 301, 302, 303, 307, 308\.\n$/],
      [["list", "--limit", "0"], /^curt: --limit: got "0", takes a whole number from 1 to \d+\.\n$/],
      [["edit", "x"], /^curt: Nothing to change was named\..*\n$/],
      [["get", "x", "--port", "99999"], /^curt: --port: got "99999", takes a whole number from 1 to 65535\.\n$/],
      [["key", "create", "--scope", "all"], /^curt: --scope: got "all", takes links:read, .*\n$/],
      [["key", "mak"], /^curt: unknown command 'mak'.*\n$/],
    ];
    const runs = await Promise.all(cases.map(([args]) => ask(...args)));
    for (const [i, result] of runs.entries()) {
      expect(result).toMatchObject({ code: 2, out: "" });
      expect(result.err).toMatch(cases[i]?.[1] ?? /never/);
    }
    expect(await run(["get", "x"], { env: { CURT_PROT: "1" } })).toMatchObject({ code: 2 });
    expect(json((await ask("ad", "--json")).err)).toMatchObject({ code: "wrong_usage" });
  });

  test("a server that does not answer is named, with how to start one", async () => {
    const port = freePort();
    const silent = await run(["add", "https://e.com/", "--port", `${port}`, "--key", "k"]);
    expect(silent).toMatchObject({ code: 1, out: "" });
    expect(silent.err).toBe(
      `curt: No answer from http://127.0.0.1:${port} (connection refused). Start one with \`curt serve\`, or name another with --server.\n`,
    );
    const other = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("hello", { status: 403 }) });
    const stranger = await run(["list", "--server", `http://127.0.0.1:${other.port}`, "--key", "k"]);
    await other.stop(true);
    expect(stranger.err).toContain("answered 403 without saying why. Is it a Curt server?");
  });

  test("a proxy of the environment is never told the key of this machine", async () => {
    let asked = 0;
    const proxy = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => {
        asked++;
        return new Response("{}");
      },
    });
    const env = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, http_proxy: `http://127.0.0.1:${proxy.port}` };
    const listed = await run(["list"], { env: { ...env, CURT_SERVER: server.url, CURT_KEY: server.key } });
    await proxy.stop(true);
    expect([listed.code, asked]).toEqual([0, 0]);
  });

  test("the kept admin key is shown to this machine only, and one that can't be read is explained", async () => {
    const data = freshData();
    const none = await run(["list", "--data", data]);
    expect(none.err).toContain(`There is no admin key at ${join(data, "admin.key")}`);
    const away = await run(["list", "--server", "https://go.example.com"]);
    expect(away).toMatchObject({ code: 1 });
    expect(away.err).toContain("https://go.example.com needs a key: give CURT_KEY.");
    if (process.getuid?.() === 0) return;
    await run(["import", file("one.txt", "https://example.com/\n"), "--data", data]);
    chmodSync(file("admin.key", "curt_x"), 0);
    expect((await run(["list", "--data", folder])).err).toContain("is readable only by its owner");
  });
});

describe("links", () => {
  test("add prints the short URL alone, get its fields, --json the whole link", async () => {
    const added = await ask(
      "add",
      "https://example.com/a?b#c",
      "--slug",
      "cli/add",
      "--title",
      "T",
      "--tag",
      "x",
      "--tag",
      "y",
      "--note",
      "n",
      "--status",
      "301",
      "--until",
      "30d",
      "--forward-query",
      "--max-clicks",
      "50",
    );
    expect(added).toEqual({ code: 0, out: `${server.url.replace("127.0.0.1", "localhost")}/cli/add\n`, err: "" });
    const got = await ask("get", "cli/add");
    expect(got.out).toContain("url\thttps://example.com/a?b#c\n");
    expect(got.out).toContain("tags\tx, y\n");
    expect(got.out).toContain("limit\t0 of 50 clicks used\n");
    const whole = json((await ask("get", "cli/add", "--json")).out);
    expect(whole).toMatchObject({ slug: "cli/add", redirectStatus: 301, forwardQuery: true, title: "T", note: "n" });
    expect(whole.maxClicks).toBe(50);
    const days = (Date.parse(String(whole.validUntil)) - Date.now()) / 86_400_000;
    expect(days).toBeWithin(29.9, 30.1);
    expect(
      json((await ask("add", "https://example.com/a?b#c", "--title", "T", "--reuse", "--json")).out),
    ).toMatchObject({ slug: "cli/add" });
  });

  test("edit changes what is named and takes away, and honours --if-version", async () => {
    await ask(
      "add",
      "https://example.com/",
      "--slug",
      "cli-edit",
      "--title",
      "T",
      "--tag",
      "x",
      "--until",
      "2h",
      "--max-clicks",
      "3",
      "--disabled",
    );
    expect(
      (
        await ask(
          "edit",
          "cli-edit",
          "--title",
          "",
          "--no-tags",
          "--until",
          "none",
          "--max-clicks",
          "none",
          "--enabled",
          "--url",
          "https://example.org/",
        )
      ).code,
    ).toBe(0);
    expect(json((await ask("get", "cli-edit", "--json")).out)).toMatchObject({
      title: null,
      tags: [],
      validUntil: null,
      maxClicks: null,
      disabled: false,
      url: "https://example.org/",
      version: 2,
    });
    const stale = await ask("edit", "cli-edit", "--note", "x", "--if-version", "1");
    expect(stale).toMatchObject({ code: 1, out: "" });
    expect(stale.err).toMatch(/^curt: version_mismatch: .*version 2, not 1.*\n$/);
    expect((await ask("edit", "cli-edit", "--note", "x", "--if-version", "2", "--json")).code).toBe(0);
  });

  test("list gives lines with tabs in a pipe, NDJSON with --json, and pages on with --all", async () => {
    for (const n of [1, 2, 3])
      await ask("add", `https://example.com/list/${n}`, "--tag", "cli-list", "--title", `List ${n}`);
    const lines = (await ask("list", "--tag", "cli-list")).out.trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]?.split("\t")).toEqual([
      expect.any(String),
      "https://example.com/list/3",
      "active",
      expect.any(String),
      "cli-list",
      "List 3",
    ]);
    expect(jsonLines((await ask("list", "--tag", "cli-list", "--limit", "2", "--json")).out)).toHaveLength(2);
    expect(
      jsonLines((await ask("list", "--search", "list 2", "--tag", "cli-list", "--all", "--json")).out),
    ).toHaveLength(1);
    expect((await ask("list", "--state", "expired", "--tag", "cli-list")).out).toBe("");
  });

  test("remove deletes; errors of the server are one line with their code, or JSON", async () => {
    await ask("add", "https://example.com/", "--slug", "cli-gone");
    expect(await ask("remove", "cli-gone")).toEqual({ code: 0, out: "", err: "" });
    expect(await ask("get", "cli-gone")).toEqual({
      code: 1,
      out: "",
      err: "curt: not_found: Nothing is called /cli-gone.\n",
    });
    const failed = await ask("get", "cli-gone", "--json");
    expect([failed.code, failed.out, json(failed.err)]).toMatchObject([1, "", { code: "not_found", status: 404 }]);
    expect((await ask("add", "javascript:alert(1)")).err).toMatch(/^curt: invalid_input: url: Not a web address.*\n$/);
    expect(json((await ask("add", "javascript:alert(1)", "--json")).err)).toMatchObject({ errors: [{ path: "url" }] });
  });

  test("nothing that users wrote commands a terminal", async () => {
    const bytes = "\u001b]0;x\u0007\u009b31m\u202e";
    const evil = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request) =>
        new URL(request.url).pathname.endsWith("/links")
          ? Response.json({
              links: [
                {
                  slug: bytes,
                  url: bytes,
                  shortUrl: bytes,
                  title: bytes,
                  tags: [bytes],
                  state: bytes,
                  createdAt: bytes,
                },
              ],
              next: null,
            })
          : Response.json({ code: "not_found", detail: bytes }, { status: 404 }),
    });
    const env = { CURT_SERVER: `http://127.0.0.1:${evil.port}`, CURT_KEY: "k" };
    const outputs = await Promise.all(
      [["list"], ["list", "--json"], ["get", "x"], ["get", "x", "--json"]].map((args) => run(args, { env })),
    );
    await evil.stop(true);
    for (const { out, err } of outputs) expect((out + err).replace(/[\n\t]/g, "")).not.toMatch(/[\p{Cc}\u202e]/u);
  });
});

test("keys are made with scopes and an end, shown once, listed without secrets, and removed", async () => {
  const made = json(
    (await ask("key", "create", "--name", "reader", "--scope", "links:read", "--expires", "1h", "--json")).out,
  );
  expect(made).toMatchObject({ name: "reader", scopes: ["links:read"] });
  expect(String(made.key)).toMatch(/^curt_/);
  const env = { CURT_SERVER: server.url, CURT_KEY: String(made.key) };
  expect((await run(["list"], { env })).err).toBe("");
  expect((await run(["add", "https://example.com/"], { env })).err).toMatch(/^curt: forbidden: /);
  const listed = await ask("key", "list");
  expect(listed.out).toContain(`${made.id}\tlinks:read\t`);
  expect(listed.out).not.toContain(String(made.key));
  expect((await ask("key", "remove", String(made.id))).code).toBe(0);
  expect((await run(["list"], { env })).err).toMatch(/^curt: unauthorized: /);
});

test("a password is set by a one-time link or from standard input", async () => {
  const link = (await ask("key", "password", "ana", "--scope", "links:read")).out;
  expect(link).toMatch(/^http:\S+\/dashboard\/setup#[0-9a-f]{40}\n$/);
  const env = { CURT_SERVER: server.url, CURT_KEY: server.key };
  const set = await run(["key", "password", "bo", "--stdin", "--json"], { env, input: "correct horse battery\n" });
  expect(JSON.parse(set.out)).toMatchObject({ name: "bo", scopes: ["admin"] });
  const short = await run(["key", "password", "bo", "--stdin"], { env, input: "short\n" });
  expect([short.code, short.err]).toEqual([1, "curt: invalid_input: password: 5 so far. 7 more.\n"]);
  const signedIn = await fetch(`${server.url}/api/v1/session`, {
    method: "POST",
    headers: { Origin: server.url, "Curt-Session": "1", "Content-Type": "application/json" },
    body: JSON.stringify({ name: "bo", password: "correct horse battery" }),
  });
  expect(signedIn.status).toBe(200);
});

test("reset-admin makes another key, refuses while a server runs, and the old one is refused", async () => {
  const data = freshData();
  const first = (await run(["key", "reset-admin", "--data", data])).out.trim();
  expect(readFileSync(join(data, "admin.key"), "utf8").trim()).toBe(first);
  const second = (await run(["key", "reset-admin", "--data", data])).out.trim();
  expect(second).not.toBe(first);
  const own = await startServer({
    dataDir: data,
    args: ["--workers", "1"],
    env: { CURT_ADMIN_KEY_FILE: join(data, "admin.key") },
  });
  await own.stop();
  expect(
    (await run(["key", "reset-admin", "--data", data], { env: { CURT_ADMIN_KEY: "0123456789abcdef" } })).code,
  ).toBe(1);
  const busy = await run(["key", "reset-admin", "--data", server.dataDir]);
  expect(busy).toMatchObject({ code: 1, out: "" });
  expect(busy.err).toContain(`in use by process ${server.pid}`);
});

describe("import and export", () => {
  const rows = [
    "slug,long_url,title,Tags,note,createdAt,validUntil,disabled,clicks",
    'a,https://example.com/a,"Quote "" and, comma","x,y","two',
    'lines",2020-01-02 03:04:05,,no,7',
    ",https://example.com/unnamed,,,,,,,",
    ",javascript:alert(1),,,,,,,",
    "b,https://example.com/b,,,,,yesterday,,",
    "api,https://example.com/c,,,,,,,",
    'c,https://example.com/c,"broken"x,,,,,,',
    "d,https://example.com/d,'=1+1,,,,,yes,",
    "",
  ].join("\r\n");

  test("bad rows are named by line and reason, the rest goes in, and again nothing is made twice", async () => {
    const data = freshData();
    const csv = file("rows.csv", rows);
    const first = await run(["import", csv, "--data", data]);
    expect(first.code).toBe(1);
    expect(first.out).toBe("3 in, 0 already there, 4 out\n");
    const [line5, line6, line7, line8, left, ...none] = first.err.trimEnd().split("\n");
    expect(line5).toStartWith("line 5: url: Not a web address");
    expect(line6).toBe('line 6: validUntil: got "yesterday", takes a time such as 2027-01-31T12:00:00Z.');
    expect(line7).toBe("line 7: /api is kept for Curt itself.");
    expect(line8).toStartWith("line 8: A quote inside a quoted cell");
    expect([left, none]).toEqual(["Columns left out: clicks.", []]);
    const links = jsonLines((await run(["export", "--format", "jsonl", "--data", data])).out);
    expect(links).toHaveLength(3);
    expect(links.find((link) => link.slug === "a")).toEqual({
      slug: "a",
      url: "https://example.com/a",
      title: 'Quote " and, comma',
      tags: ["x", "y"],
      note: "two\r\nlines",
      redirectStatus: null,
      validFrom: null,
      validUntil: null,
      maxClicks: null,
      disabled: false,
      forwardQuery: false,
      createdAt: "2020-01-02T03:04:05.000Z",
      clicks: 0,
    });
    expect(links.find((link) => link.slug === "d")).toMatchObject({ title: "=1+1", disabled: true });
    const again = await run(["import", csv, "--data", data, "--json"]);
    expect(json(again.out)).toEqual({ in: 0, there: 3, out: 4, ignored: ["clicks"], dryRun: false, whole: true });
    expect(jsonLines(again.err)).toMatchObject([
      { line: 5, code: "invalid_input" },
      { line: 6 },
      { line: 7, code: "slug_reserved" },
      { line: 8 },
    ]);
    // A file that was mended and grown goes in where it was left.
    const mended = file("mended.csv", `slug,url\nb,https://example.com/b\n,https://example.com/unnamed\n`);
    expect((await run(["import", mended, "--data", data])).out).toBe("1 in, 1 already there, 0 out\n");
  });

  test("a dry run says the same and writes nothing", async () => {
    const data = freshData();
    const report = join(folder, "report.jsonl");
    const dry = await run(["import", file("dry.csv", rows), "--data", data, "--dry-run", "--report", report]);
    expect(dry).toMatchObject({ code: 1, out: "3 would be in, 0 already there, 4 out\n" });
    expect(jsonLines(readFileSync(report, "utf8")).map((row) => row.line)).toEqual([5, 6, 7, 8]);
    expect(existsSync(data)).toBe(false);
    await run(["import", file("dry.csv", rows), "--data", data]);
    expect((await run(["import", file("dry.csv", rows), "--data", data, "--dry-run"])).out).toBe(
      "0 would be in, 3 already there, 4 out\n",
    );
  });

  test("while a server holds the store it goes through the server, and can be followed at once", async () => {
    const urls = Array.from({ length: 2500 }, (_, i) => `https://example.com/through/${i}`);
    const list = file("through.txt", `${urls.join("\n")}\nnonsense\n`);
    const env = { CURT_SERVER: server.url, CURT_KEY: server.key, CURT_DATA: server.dataDir };
    const first = await run(["import", list], { env });
    expect(first).toMatchObject({ code: 1, out: "2500 in, 0 already there, 1 out\n" });
    expect(first.err).toStartWith("line 2501: url: ");
    expect((await run(["import", list], { env })).out).toBe("0 in, 2500 already there, 1 out\n");
    const mine = jsonLines((await run(["export", "--format", "jsonl"], { env })).out).filter((link) =>
      String(link.url).includes("/through/"),
    );
    expect(mine.map((link) => link.url).sort()).toEqual(urls.sort());
    const answer = await fetch(`${server.url}/${mine[7]?.slug}`, { redirect: "manual" });
    expect(answer.headers.get("location")).toBe(String(mine[7]?.url));
    await ask("add", "https://example.com/else", "--slug", "through-taken");
    const rows = `{"url":"https://example.com/1","slug":"through-taken"}\n{"url":"https://example.com/1","createdAt":"2001-01-01T00:00:00Z","slug":"through-old"}\n`;
    const taken = await run(["import", "-", "--json"], { env, input: rows });
    expect(json(taken.out)).toMatchObject({ in: 1, there: 0, out: 1 });
    expect(jsonLines(taken.err)).toMatchObject([{ line: 1, code: "slug_taken" }]);
    expect(json((await ask("get", "through-old", "--json")).out)).toMatchObject({
      createdAt: "2001-01-01T00:00:00.000Z",
    });
  });

  test("the same rows meet their links whichever way they came, and what was deleted or edited since stays so", async () => {
    const data = freshData();
    const list = file("ways.txt", "https://example.com/1\nhttps://example.com/2\nhttps://example.com/3\n");
    await run(["import", list, "--data", data]);
    const own = await startServer({ dataDir: data, args: ["--workers", "1"] });
    try {
      const env = { CURT_SERVER: own.url, CURT_KEY: own.key, CURT_DATA: data };
      const [one, two] = jsonLines((await run(["export", "--format", "jsonl"], { env })).out).map((link) =>
        String(link.slug),
      );
      await run(["edit", one ?? "", "--url", "https://example.com/edited"], { env });
      await run(["remove", two ?? ""], { env });
      const again = await run(["import", list, "--json"], { env });
      expect(json(again.out)).toMatchObject({ in: 0, there: 2, out: 1 });
      expect(jsonLines(again.err)).toMatchObject([{ line: 2, code: "link_deleted" }]);
    } finally {
      await own.stop();
    }
    expect(json((await run(["import", list, "--data", data, "--json"])).out)).toMatchObject({
      in: 0,
      there: 2,
      out: 1,
    });
  });

  test("with strategy hash a target has one link", async () => {
    const data = freshData();
    const list = file("hash.txt", "https://example.com/1\nhttps://EXAMPLE.com/1\n");
    expect((await run(["import", list, "--data", data, "--slugs", "hash"])).out).toBe("1 in, 1 already there, 0 out\n");
    expect((await run(["export", "--data", data, "--format", "jsonl"])).out).toMatch(/"slug":"[a-z2-7]{12}"/);
  });

  test("awkward content goes out and in unchanged, as CSV and as JSON Lines", async () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 40 }),
      fc.stringMatching(/^[=+\-@']{0,3}[a-z,;"' ]{0,10}$/),
      fc.constantFrom(
        '=HYPERLINK("x")',
        "+1",
        "-1",
        "@x",
        "'=x",
        "''",
        "'",
        "",
        " x ",
        '"',
        ",",
        "ä\u0301",
        "日本\u2003",
        "😀",
      ),
    );
    const safe = text.filter((value) => !/[\p{Cc}\u2028\u2029]/u.test(value));
    const note = fc.oneof(safe, fc.constantFrom("a\nb", "a\r\nb\r\n", "\tx", "\n", "x\r"));
    const tag = safe.map((value) => value.trim()).filter((value) => value !== "");
    const link = fc.record({
      title: fc.option(safe),
      note: fc.option(note),
      tags: fc.array(tag, { maxLength: 4 }),
      redirectStatus: fc.option(fc.constantFrom(301, 302, 303, 307, 308)),
      validFrom: fc.option(fc.constant("2026-01-01T00:00:00.000Z")),
      validUntil: fc.option(fc.constant("2039-12-31T23:59:59.999Z")),
      maxClicks: fc.option(fc.integer({ min: 1, max: 1_000_000_000 })),
      disabled: fc.boolean(),
      forwardQuery: fc.boolean(),
    });
    const slugs = ["-dash", "_", "v1.2", "über/straße", "__proto__", "constructor", "Ünï/Ç"];
    const links = fc.sample(link, { numRuns: 300, seed: 7 }).map((one, i) => ({
      ...one,
      slug: slugs[i] ?? `s${i}`,
      url: `https://example.com/${i}?a=%22,'"b"#=;`,
      createdAt: new Date(Date.UTC(2020, 0, 1) + i * 1000).toISOString(),
    }));
    const source = freshData();
    const made = await run([
      "import",
      file("awkward.jsonl", `${links.map((one) => JSON.stringify(one)).join("\n")}\n`),
      "--data",
      source,
    ]);
    expect(made).toEqual({ code: 0, out: "300 in, 0 already there, 0 out\n", err: "" });
    const original = (await run(["export", "--format", "jsonl", "--data", source])).out;
    expect(original.split("\n")).toHaveLength(301);
    for (const format of ["csv", "jsonl"]) {
      const copy = freshData();
      const between = join(folder, `between.${format}`);
      expect((await run(["export", between, "--data", source])).code).toBe(0);
      expect((await run(["import", between, "--data", copy])).out).toBe("300 in, 0 already there, 0 out\n");
      expect((await run(["export", "--format", "jsonl", "--data", copy])).out).toBe(original);
      if (format === "csv") expect(formulasOf(readFileSync(between, "utf8"))).toEqual([]);
    }
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test("a pipe that is closed early is no failure, and Ctrl-C ends an import quietly with 130, to be gone on with", async () => {
    const data = freshData();
    const urls = awkwardUrls(60_000, 3).map((url) => JSON.stringify({ url }));
    const list = file("many.jsonl", `${urls.join("\n")}\n`);
    const child = Bun.spawn(["sh", curt, "import", list, "--data", data, "--json"], {
      cwd: folder,
      env: plainEnvironment(),
      stdio: ["ignore", "pipe", "ignore"],
    });
    while (!existsSync(join(data, "curt.db"))) await Bun.sleep(5);
    await Bun.sleep(300);
    child.kill("SIGINT");
    const stopped = json(await child.stdout.text());
    expect([await child.exited, stopped.whole]).toEqual([130, false]);
    const waiting = Bun.spawn(["sh", curt, "import", "-", "--data", freshData()], {
      cwd: folder,
      env: plainEnvironment(),
      stdio: ["pipe", "pipe", "pipe"],
    });
    await Bun.sleep(1000);
    waiting.kill("SIGINT");
    expect([await waiting.stdout.text(), await waiting.stderr.text(), await waiting.exited]).toEqual(["", "", 130]);
    const rest = json((await run(["import", list, "--data", data, "--json"])).out);
    expect(Number(rest.there)).toBeGreaterThanOrEqual(Number(stopped.in));
    const straight = json((await run(["import", list, "--data", freshData(), "--json"])).out);
    expect(Number(rest.in) + Number(rest.there)).toBe(Number(straight.in) + Number(straight.there));
    const head = Bun.spawn(["sh", "-c", `sh ${curt} export --data ${data} 2>err.txt | head -1; cat err.txt`], {
      cwd: folder,
      env: plainEnvironment(),
      stdio: ["ignore", "pipe", "inherit"],
    });
    expect(await head.stdout.text()).toBe(
      "slug,url,title,tags,note,redirectStatus,validFrom,validUntil,maxClicks,disabled,forwardQuery,createdAt,clicks\n",
    );
  });

  test("20,000 awkward URLs: all in, each followed once, the export equals the input", async () => {
    const result = await importProof({ urls: awkwardUrls(20_000, 1), connections: 32 });
    expect(result.refused.length).toBeGreaterThan(100);
    expect(result.summary).toEqual({ in: result.urls - result.refused.length, there: 0, out: result.refused.length });
    expect(result.again).toEqual({ in: 0, there: result.summary.in, out: result.summary.out });
    expect(result).toMatchObject({ differences: [], wrongRedirects: 0, followed: result.summary.in });
    expect(result.peakMemory).toBeLessThan(300e6);
  });

  test("and that proof sees a link too many, one too few, and one that leads elsewhere", async () => {
    const spoil = async (dataDir: string) => {
      await run(["import", "-", "--data", dataDir], { input: "https://example.com/not-in-the-input\n" });
      const [first] = jsonLines((await run(["export", "--format", "jsonl", "--data", dataDir])).out);
      const own = await startServer({ dataDir, args: ["--workers", "1"] });
      await run(["remove", String(first?.slug)], { env: { CURT_SERVER: own.url, CURT_KEY: own.key } });
      await own.terminate();
    };
    const result = await importProof({ urls: awkwardUrls(50, 2), connections: 4, spoil });
    expect(result.differences.map((line) => line.replace(/^.*: /, "")).sort()).toEqual(["1 missing", "1 too many"]);
    await ask("add", "https://example.com/led", "--slug", "led");
    const followers = new Followers(Number(new URL(server.url).port), 2);
    await followers.follow("led", "https://example.com/led");
    await followers.follow("led", "https://example.com/led?");
    await followers.end();
    expect([followers.right, followers.wrong]).toEqual([1, 1]);
  });
});

describe("backup, restore and doctor", () => {
  const checks = (out: string) =>
    new Map(
      out
        .trimEnd()
        .split("\n")
        .map((line) => [line.slice(4, 13).trim(), line]),
    );

  async function dataWith(count: number): Promise<string> {
    const data = freshData();
    const urls = Array.from({ length: count }, (_, i) => `https://example.com/${i}`);
    await run(["import", "-", "--format", "urls", "--data", data], { input: urls.join("\n") });
    return data;
  }
  const linksIn = async (data: string) =>
    jsonLines((await run(["export", "--format", "jsonl", "--data", data])).out).length;

  test("a backup made while serving is put back when nobody serves, and what was there is kept", async () => {
    const data = await dataWith(100);
    const own = await startServer({ dataDir: data, args: ["--workers", "1"] });
    const backup = await run(["backup", "--data", data]);
    expect(backup).toMatchObject({ code: 0, err: "" });
    expect(backup.out).toStartWith(join(data, "backups"));
    const env = { CURT_SERVER: own.url, CURT_KEY: own.key };
    await run(["add", "https://example.com/later", "--slug", "later"], { env });
    const refused = await run(["restore", "--yes", "--data", data]);
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toContain(`in use by process ${own.pid}`);
    await own.terminate();
    expect(await linksIn(data)).toBe(101);
    const unasked = await run(["restore", "--data", data]);
    expect(unasked).toMatchObject({ code: 2, out: "" });
    expect(unasked.err).toContain("Say --yes");
    const restored = json((await run(["restore", "--yes", "--json", "--data", data])).out);
    expect(restored).toMatchObject({ folder: backup.out.trim(), links: 100 });
    expect(existsSync(String(restored.movedTo))).toBe(true);
    expect(await linksIn(data)).toBe(100);
    const named = join(folder, "named-backup");
    expect(json((await run(["backup", named, "--json", "--data", data])).out)).toMatchObject({
      folder: named,
      links: 100,
    });
    expect((await run(["backup", named, "--data", data])).code).toBe(1);
    const other = freshData();
    expect((await run(["restore", named, "--data", other])).code).toBe(0);
    expect(await linksIn(other)).toBe(100);
    expect((await run(["restore", "--yes", "--data", freshData()])).err).toContain("There is no backup in");
  });

  test("what is well is ok, with and without a server", async () => {
    const data = await dataWith(50);
    const port = `${freePort()}`;
    const idle = await run(["doctor", "--data", data, "--port", port]);
    expect(idle).toMatchObject({ code: 0, err: "" });
    expect([...checks(idle.out).keys()]).toEqual([
      "settings",
      "folder",
      "space",
      "lock",
      "store",
      "contents",
      "clicks",
      "backup",
      "port",
    ]);
    const env = { CURT_SERVER: server.url, CURT_KEY: server.key, CURT_DATA: server.dataDir };
    const serving = await run(["doctor", "--json"], { env });
    expect([serving.code, json(serving.out)]).toMatchObject([0, { ok: true }]);
    expect(serving.out).toContain(`held by process ${server.pid}`);
    expect((await run(["doctor"], { env: { ...env, CURT_KEY: "wrong" } })).out).toMatch(/^bad server .*CURT_KEY/m);
    expect((await run(["doctor", "--data", freshData(), "--port", port])).code).toBe(0);
  });

  test("a folder that others may read, a taken port and a silent server are bad", async () => {
    const data = await dataWith(1);
    chmodSync(data, 0o755);
    const other = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("", { status: 404 }) });
    const found = await run(["doctor", "--data", data, "--port", `${other.port}`]);
    const stranger = await run(["doctor", "--data", data, "--server", `http://127.0.0.1:${other.port}`]);
    await other.stop(true);
    expect(found.code).toBe(1);
    expect(checks(found.out).get("folder")).toBe(
      `bad folder   ${data} is open to other users (mode 755). chmod 700 ${data}`,
    );
    expect(checks(found.out).get("port")).toMatch(/^bad port {5}Port \d+ of 127.0.0.1 is taken/);
    expect(checks(stranger.out).get("server")).toMatch(/^bad server .*does not answer \(404\)/);
  });

  test("damage is named with the last backup; restore, or --repair where the database is whole, brings it to work", async () => {
    const data = await dataWith(2000);
    const path = join(data, "curt.db");
    const older = readFileSync(path);
    await run(["import", "-", "--format", "urls", "--data", data], { input: "https://example.com/newer" });
    const backup = (await run(["backup", "--data", data])).out.trim();
    const newer = readFileSync(path);

    writeFileSync(path, older);
    const old = await run(["doctor", "--data", data]);
    expect(old.code).toBe(1);
    expect(checks(old.out).get("store")).toMatch(/^bad store /);
    expect(checks(old.out).get("store")).toContain(`curt restore brings back ${backup} (2001 links`);
    expect(checks(old.out).get("store")).toContain("curt doctor --repair goes on with what is here");
    expect(checks(old.out).get("contents")).toMatch(/^ok /);
    expect((await run(["export", "--data", data])).code).toBe(1);
    expect((await run(["doctor", "--repair", "--data", data])).out).toMatch(/^ok {2}store .*Given up: /m);
    expect(await linksIn(data)).toBe(2000);
    expect((await run(["restore", "--yes", "--data", data])).code).toBe(0);
    expect(await linksIn(data)).toBe(2001);

    const at = newer.indexOf('https://example.com/77"');
    expect(at).toBeGreaterThan(0);
    const flipped = Buffer.from(readFileSync(path));
    const there = flipped.indexOf('https://example.com/77"');
    flipped[there + 9] = (flipped[there + 9] ?? 0) ^ 1;
    writeFileSync(path, flipped);
    const bad = await run(["doctor", "--repair", "--data", data]);
    expect(bad.code).toBe(1);
    expect(checks(bad.out).get("contents")).toMatch(
      /^bad contents \d+ damaged: .*wrong checksum.*curt restore brings back/,
    );
    expect((await run(["restore", "--yes", "--data", data])).code).toBe(0);
    expect((await run(["doctor", "--data", data])).code).toBe(0);
  });
});
