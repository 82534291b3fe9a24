import { createRoute, z } from "@hono/zod-openapi";
import type { LinkRecord } from "../../core/link.ts";
import { type Api, byOf, type Shared, scoped } from "./context.ts";
import { ifMatch, linkAnswer, slugOf, slugParam, tagOf, versionOf } from "./link-request.ts";
import { inJson, problems, shownTime } from "./schemas.ts";
import { shownLink } from "./shown.ts";

/** What an entry shows of a link: what can be changed, before and after. */
const fields = z.record(z.string(), z.unknown());
const entrySchema = z
  .object({
    version: z.int(),
    at: shownTime,
    by: z
      .object({ kind: z.enum(["key", "user", "anyone"]), id: z.string().nullable(), name: z.string().nullable() })
      .nullable()
      .openapi({ description: "null: not known" }),
    action: z.enum(["created", "changed", "deleted"]),
    before: fields
      .nullable()
      .openapi({ description: "The fields that changed; null where there was no link, or it is not kept" }),
    after: fields.nullable().openapi({ description: "The fields that changed, all of a new link; null: deleted" }),
  })
  .openapi("HistoryEntry");
type Entry = z.infer<typeof entrySchema>;

/** What a link was before, and going back to it. */
export function historyPaths(api: Api, shared: Shared): void {
  const { links, history, keys, baseUrl, now } = shared.options;

  const list = createRoute({
    method: "get",
    path: "/api/v1/links/{slug}/history",
    summary: "The versions of a link: who, when, before and after",
    security: scoped("links:read"),
    middleware: [shared.needs("links:read")] as const,
    request: { params: slugParam },
    responses: {
      200: inJson("The newest first; at most 51", z.object({ entries: z.array(entrySchema) })),
      ...problems("invalid_input", "unauthorized", "forbidden", "wrong_origin", "not_found"),
    },
  });
  api.openapi(list, async (c) => {
    const versions = await history.of(await links.get(slugOf(c.req.valid("param").slug)));
    const byKey = versions.some((one) => one.changedBy?.startsWith("key "));
    const names = new Map(byKey ? (await keys.list()).map((key) => [key.id, key.name]) : []);
    const entries = versions.map((one, i) => {
      const before = versions[i + 1];
      return entryOf(one, before?.version === one.version - 1 ? before : undefined);
    });
    return c.json({ entries }, 200);

    function entryOf(record: LinkRecord, before: LinkRecord | undefined): Entry {
      const was = before === undefined || before.deletedAt !== null ? null : contentOf(before);
      const is = record.deletedAt !== null ? null : contentOf(record);
      const created = record.version === 1 || (before !== undefined && before.deletedAt !== null);
      const action = record.deletedAt !== null ? "deleted" : created ? "created" : "changed";
      const changed = was === null || is === null ? undefined : differing(was, is);
      return {
        version: record.version,
        at: new Date(record.updatedAt).toISOString(),
        by: whoOf(record.changedBy, names),
        action,
        before: was && (changed === undefined ? was : picked(was, changed)),
        after: is && (changed === undefined ? is : picked(is, changed)),
      };
    }
  });

  const goBack = createRoute({
    method: "post",
    path: "/api/v1/links/{slug}/history/{version}",
    summary: "Make of an old version the next one",
    security: scoped("links:write"),
    middleware: [shared.needs("links:write")] as const,
    request: {
      params: slugParam.extend({ version: z.string().regex(/^[1-9]\d{0,14}$/, { error: "Takes a version." }) }),
      headers: ifMatch,
    },
    responses: {
      200: { description: "The link as it was, in a new version", ...linkAnswer },
      ...problems("invalid_input", "unauthorized", "forbidden", "wrong_origin", "not_found", "version_mismatch"),
    },
  });
  api.openapi(goBack, async (c) => {
    const { slug, version } = c.req.valid("param");
    const expected = versionOf(c.req.valid("header")["if-match"]);
    const link = await links.goBack(slugOf(slug), Number(version), expected, byOf(c));
    const shown = await shared.shownOne(link);
    return c.json(shown, 200, tagOf(shown));
  });

  /** The fields of a link that its maker says. */
  function contentOf(record: LinkRecord): Record<string, unknown> {
    const {
      slug: _s,
      shortUrl: _u,
      state: _t,
      createdAt: _c,
      updatedAt: _a,
      version: _v,
      clicks: _k,
      ...content
    } = shownLink(record, 0, baseUrl, now());
    return content;
  }
}

function differing(one: Record<string, unknown>, other: Record<string, unknown>): string[] {
  return Object.keys(other).filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]));
}

function picked(all: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, all[name]]));
}

function whoOf(by: string | null, names: ReadonlyMap<string, string | null>): Entry["by"] {
  if (by === null) return null;
  const [, kind, id = ""] = /^(key|user) (.*)$/.exec(by) ?? [];
  if (kind === "key") return { kind, id, name: names.get(id) ?? null };
  if (kind === "user") return { kind, id, name: id };
  return { kind: "anyone", id: null, name: null };
}
