import { createRoute, z } from "@hono/zod-openapi";
import { clickIdOf } from "../../core/click.ts";
import { CurtError } from "../../core/errors.ts";
import type { LinkRecord } from "../../core/link.ts";
import { words } from "../../core/words.ts";
import type { Arrival } from "../arrival.ts";
import { mostExported, pageLimit } from "../limits.ts";
import { type Api, jsonBody, type Shared, scoped } from "./context.ts";
import { beginningOf, type ExportFormat, exportFormats, linesOf } from "./link-rows.ts";
import { linkSchema, listQuery, problems } from "./schemas.ts";

const format = z.enum(exportFormats).optional().openapi({ default: "csv" });
const query = listQuery.omit({ limit: true, cursor: true }).extend({ format });
const body = z
  .strictObject({
    slugs: z.array(z.string()).max(mostExported, { error: `Too many: at most ${mostExported}.` }),
    format,
  })
  .openapi("LinksToExport");
const types = { csv: "text/csv; charset=utf-8; header=present", jsonl: "application/x-ndjson" } as const;
/** What `linesOf` gives of each. */
const line = linkSchema
  .omit({ shortUrl: true, state: true, usedClicks: true, updatedAt: true, version: true })
  .openapi("ExportedLink", { description: "A line" });
const answers = {
  200: {
    description: "All of them, streamed. The connection is cut where it can't go on: what ended well is whole",
    content: { "text/csv": { schema: z.string() }, "application/x-ndjson": { schema: line } },
  },
};
const refusals = ["invalid_input", "unauthorized", "forbidden", "wrong_origin"] as const;

/** `GET` and `POST /api/v1/export`: links as `curt import` reads them back, by filter or by name. */
export function exportPaths(api: Api, shared: Shared): void {
  const { links, now } = shared.options;

  const filtered = createRoute({
    method: "get",
    path: "/api/v1/export",
    summary: "All links that a filter lets through, oldest first, as a file",
    security: scoped("links:read"),
    middleware: [shared.notHead(), shared.needs("links:read")] as const,
    request: { query },
    responses: { ...answers, ...problems(...refusals, "method_not_allowed") },
  });
  api.openapi(filtered, (c) => {
    const { search = "", tag = null, state = null, format = "csv" } = c.req.valid("query");
    const all = async function* () {
      const asked = { words: words(search), tag, state, now: now(), order: "oldest", limit: pageLimit } as const;
      for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
        const page: Awaited<ReturnType<typeof links.list>> = await links.list({ ...asked, cursor });
        yield page.records;
        cursor = page.next;
      }
    };
    return file(all(), format, c.env);
  });

  const named = createRoute({
    method: "post",
    path: "/api/v1/export",
    summary: "The links that are named, as a file; those that are not there are left out",
    description: "Changes nothing.",
    security: scoped("links:read"),
    middleware: [shared.needs("links:read"), ...jsonBody] as const,
    request: { body: { required: true, content: { "application/json": { schema: body } } } },
    responses: { ...answers, ...problems(...refusals, "body_too_large", "unsupported_media_type") },
  });
  api.openapi(named, (c) => {
    const { slugs, format = "csv" } = c.req.valid("json");
    const some = async function* () {
      for (let at = 0; at < slugs.length; at += together) {
        const found = await Promise.all(slugs.slice(at, at + together).map(there));
        yield found.filter((link) => link !== undefined);
      }
    };
    return file(some(), format, c.env);
  });

  async function there(slug: string): Promise<LinkRecord | undefined> {
    try {
      return await links.get(slug.normalize("NFC"));
    } catch (error) {
      if (error instanceof CurtError && error.code === "not_found") return undefined;
      throw error;
    }
  }

  /** A file that is sent as it is read. What fails before the first page is there is a problem of its own. */
  async function file(pages: AsyncGenerator<LinkRecord[]>, format: ExportFormat, arrival: Arrival): Promise<Response> {
    let next = await pages.next();
    let timer: Timer | undefined;
    arrival.untimed();
    let before = beginningOf(format);
    const stream = new ReadableStream<Uint8Array>(
      {
        pull: async (to) => {
          clearTimeout(timer);
          try {
            // Until something is written: nobody asks again after a pull that gave nothing.
            for (let text = ""; text === ""; ) {
              if (next.done === true && before === "") return to.close();
              text = before + (next.done === true ? "" : await linesOfPage(next.value));
              before = "";
              if (text !== "") to.enqueue(new TextEncoder().encode(text));
              if (next.done !== true) next = await pages.next();
            }
            // Whoever stops reading holds nothing for long.
            timer = setTimeout(() => to.error(new Error("Nobody reads the export.")), arrival.patience * 1000);
          } catch (thrown) {
            shared.logged(thrown);
            to.error(thrown);
          }
        },
        cancel: async () => {
          clearTimeout(timer);
          await pages.return(undefined);
        },
      },
      { highWaterMark: 0 },
    );
    async function linesOfPage(records: readonly LinkRecord[]): Promise<string> {
      if (records.length === 0) return "";
      return linesOf(format, records, await shared.options.stats.clicksOf(records.map(clickIdOf)));
    }
    const name = `curt-${new Date(now()).toISOString().slice(0, 10)}.${format}`;
    return new Response(stream, {
      headers: { "Content-Type": types[format], "Content-Disposition": `attachment; filename="${name}"` },
    });
  }
}

/** Links that are looked up at once. */
const together = 100;
