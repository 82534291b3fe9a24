import { createRoute, z } from "@hono/zod-openapi";
import { CurtError, errorTable } from "../../core/errors.ts";
import type { LinkPatch } from "../../core/links.ts";
import { mostChanges, tagsLimit } from "../limits.ts";
import { problemOf } from "../problem.ts";
import { type Api, byOf, jsonBody, type Shared, scoped } from "./context.ts";
import { slugOf } from "./link-request.ts";
import { inJson, linkSchema, patchBody, problemSchema, problems, tag } from "./schemas.ts";

const tags = z.array(tag).max(tagsLimit);
const body = z
  .strictObject({
    slugs: z
      .array(z.string())
      .min(1, { error: "Names no link." })
      .max(mostChanges, { error: `Too many: at most ${mostChanges}.` })
      .transform((slugs) => [...new Set(slugs)]),
    set: patchBody.optional(),
    addTags: tags.optional(),
    removeTags: tags.optional(),
    remove: z.boolean().optional(),
  })
  .refine(({ set, addTags, removeTags, remove }) => remove === true || (set ?? addTags ?? removeTags) !== undefined, {
    error: "Names nothing to change.",
  })
  .refine(({ set, addTags, removeTags, remove }) => remove !== true || (set ?? addTags ?? removeTags) === undefined, {
    error: "Changes or removes, not both.",
  })
  .openapi("LinkChanges");
type Wanted = z.output<typeof body>;

const result = z
  .object({
    slug: z.string(),
    status: z.int().openapi({ description: "200 changed, 204 deleted, else as the error says" }),
    link: linkSchema.optional(),
    error: problemSchema.optional(),
  })
  .openapi("ChangeResult");
type Result = z.infer<typeof result>;

/** So many links are changed at once; they share commits. */
const together = 25;

/** `POST /api/v1/links/changes`: the same change to many links. */
export function changesPath(api: Api, shared: Shared): void {
  const { links } = shared.options;
  const route = createRoute({
    method: "post",
    path: "/api/v1/links/changes",
    summary: "Change or delete many links alike, each decided by itself",
    security: scoped("links:write"),
    middleware: [shared.needs("links:write"), ...jsonBody] as const,
    request: { body: { required: true, content: { "application/json": { schema: body } } } },
    responses: {
      200: inJson("What became of each, in the order of the slugs", z.object({ results: z.array(result) })),
      ...problems(
        ...(["invalid_input", "unauthorized", "forbidden", "wrong_origin", "body_too_large"] as const),
        "unsupported_media_type",
      ),
    },
  });
  api.openapi(route, async (c) => {
    const wanted = c.req.valid("json");
    const results: Result[] = [];
    for (let at = 0; at < wanted.slugs.length; at += together) {
      const some = wanted.slugs.slice(at, at + together);
      results.push(...(await Promise.all(some.map((slug) => changed(slug, wanted, byOf(c))))));
    }
    return c.json({ results }, 200);
  });

  async function changed(slug: string, wanted: Wanted, by: string): Promise<Result> {
    try {
      if (wanted.remove === true) {
        await links.remove(slugOf(slug), undefined, by);
        return { slug, status: 204 };
      }
      const record = await withTags(slugOf(slug), wanted, by);
      return { slug, status: 200, link: await shared.shownOne(record) };
    } catch (thrown) {
      const error = shared.logged(thrown);
      return { slug, status: errorTable[error.code].status, error: { ...problemOf(error), errors: [...error.issues] } };
    }
  }

  /** Tags depend on those there are: a change in between is read again. */
  async function withTags(slug: string, { set = {}, addTags, removeTags = [] }: Wanted, by: string) {
    if (addTags === undefined && removeTags.length === 0) return links.edit(slug, set, undefined, by);
    for (let round = 0; ; round++) {
      const link = await links.get(slug);
      const kept = (set.tags ?? link.tags).filter((one) => !removeTags.includes(one));
      const all = [...new Set([...kept, ...(addTags ?? [])])];
      if (all.length > tagsLimit)
        throw new CurtError("invalid_input", `addTags: Too many: at most ${tagsLimit}.`, [
          { path: "addTags", message: `Too many: at most ${tagsLimit}.` },
        ]);
      const patch: LinkPatch = { ...set, tags: all };
      try {
        return await links.edit(slug, patch, link.version, by);
      } catch (error) {
        if (!(error instanceof CurtError) || error.code !== "version_mismatch" || round >= 20) throw error;
      }
    }
  }
}
