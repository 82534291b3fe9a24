import type { Command } from "commander";
import { type Scope, scopes } from "../../core/keys.ts";
import { adminKeyFile, keepAdminKey } from "../../processes/admin-key.ts";
import { clientOf } from "../client.ts";
import { openToWrite } from "../open-store.ts";
import { onTerminal, plain, remark, say, sayJson, table } from "../output.ts";
import { CommandFailed, complete, several, WrongUsage } from "../shell.ts";
import { timeOption } from "../times.ts";

interface CreateOptions {
  readonly name?: string;
  readonly scope?: string[];
  readonly expires?: string;
}

const serverSettings = ["CURT_SERVER", "CURT_KEY", "CURT_DATA", "CURT_PORT", "CURT_HOST"] as const;

/** `curt key list|create|remove|password|reset-admin`. */
export function define(command: Command): void {
  defineList(command.command("list").description("List the keys, without their secrets."));
  defineCreate(command.command("create").description("Make a key; it is shown once."));
  defineRemove(command.command("remove").description("Delete a key; from then on it is refused."));
  definePassword(
    command.command("password").description("A one-time link that sets somebody's password for the dashboard."),
  );
  defineReset(command.command("reset-admin").description("Make another admin key, while no server runs."));
}

function defineList(command: Command): void {
  complete(command, serverSettings, async ({ config, interrupted, json }) => {
    const keys = await clientOf(config, interrupted).keys.list();
    const rows = keys.map((key) => {
      const expiry = key.expiresAt === null ? "never" : key.expiresAt;
      return [key.id, key.scopes.join(","), key.createdAt, expiry, key.name ?? ""].map(plain);
    });
    if (json) for (const key of keys) await sayJson(key);
    else if (onTerminal()) await say(table([["ID", "SCOPES", "CREATED", "EXPIRES", "NAME"], ...rows]).join("\n"));
    else for (const row of rows) await say(row.join("\t"));
    return 0;
  });
}

function defineCreate(command: Command): void {
  command
    .option("--name <text>", "What it is for.")
    .option("--scope <scope>", `What it may do; may be given several times: ${scopes.join(", ")}.`, several)
    .option("--expires <time>", "It is refused from then on: RFC 3339, or from now on 90m, 2h, 30d, 4w.");
  complete(command, serverSettings, async ({ config, interrupted, json }) => {
    const options = command.opts<CreateOptions>();
    const wanted = scopesOf(options.scope ?? []);
    const expiresAt = options.expires === undefined ? undefined : timeOption("--expires", options.expires, Date.now());
    const body = { name: options.name, scopes: wanted, expiresAt };
    const made = await clientOf(config, interrupted).keys.create(body);
    if (json) await sayJson(made);
    else await say(made.key);
    if (!json && onTerminal()) remark(`Its id is ${made.id}. It is not shown again.`);
    return 0;
  });
}

function scopesOf(given: readonly string[]): Scope[] {
  const wanted = given.flatMap((text) => text.split(","));
  const unknown = wanted.find((scope) => !scopes.some((one) => one === scope));
  if (unknown !== undefined || wanted.length === 0)
    throw new WrongUsage(`--scope: got ${JSON.stringify(unknown ?? "")}, takes ${scopes.join(", ")}.`);
  return wanted as Scope[];
}

function defineRemove(command: Command): void {
  command.argument("<id>", "The key's id, as `curt key list` shows it.");
  complete(command, serverSettings, async ({ config, interrupted, json }) => {
    const id = command.args[0] ?? "";
    await clientOf(config, interrupted).keys.remove(id);
    if (json) await sayJson({ id, removed: true });
    else if (onTerminal()) await say(`Key ${plain(id)} is deleted.`);
    return 0;
  });
}

function definePassword(command: Command): void {
  command
    .argument("[name]", "Whose password; left out, whoever opens the link takes a name.")
    .option("--scope <scope>", `What they may do; may be given several times: ${scopes.join(", ")}.`, several)
    .option("--stdin", "Read the password from standard input instead, and set it now.");
  complete(command, serverSettings, async ({ config, interrupted, json }) => {
    const options = command.opts<{ scope?: string[]; stdin?: boolean }>();
    const wanted = options.scope === undefined ? undefined : scopesOf(options.scope);
    const [name] = command.args;
    const client = clientOf(config, interrupted);
    if (options.stdin !== true) {
      const made = await client.setup.link(name, wanted);
      if (json) await sayJson(made);
      else await say(made.url);
      if (!json && onTerminal()) remark(`It works once, until ${made.expiresAt}.`);
      return 0;
    }
    if (name === undefined) throw new WrongUsage("--stdin: name whose password it is.");
    const password = (await Bun.stdin.text()).replace(/\r?\n$/, "");
    const user = await client.users.put(name, { password, scopes: wanted });
    if (json) await sayJson(user);
    else if (onTerminal()) await say(`${plain(name)} has a password. Sessions begun with another are over.`);
    return 0;
  });
}

function defineReset(command: Command): void {
  complete(command, ["CURT_DATA", "CURT_STORE"], async ({ config, json }) => {
    if (config.adminKey !== undefined)
      throw new CommandFailed("The admin key comes from CURT_ADMIN_KEY. Change it there and start the server again.");
    const { app, close } = await openToWrite({ ...config, slugs: "random", slugLength: 7 });
    try {
      const key = await app.keys.resetAdmin();
      keepAdminKey(config.data, key);
      const file = adminKeyFile(config.data);
      if (json) await sayJson({ key, file });
      else await say(key);
      if (!json && onTerminal()) remark(`It is kept in ${file}. The one before is refused from now on.`);
      return 0;
    } finally {
      await close();
    }
  });
}
