import { createRoute } from "@hono/zod-openapi";
import type { CreateResult, Imported } from "../../core/create.ts";
import { CurtError, errorTable } from "../../core/errors.ts";
import type { LinkRecord } from "../../core/link.ts";
import type { LinkInput } from "../../core/links.ts";
import type { Arrival } from "../arrival.ts";
import { batchGroup, lineLimit } from "../limits.ts";
import { problemOf, shownError } from "../problem.ts";
import { type Api, byOf, type Shared, scoped, takes } from "./context.ts";
import { checked, decoded, jsonOf } from "./input.ts";
import { type Line, LineReader } from "./lines.ts";
import { batchLine, batchResult, importLine, problems, type ShownLink } from "./schemas.ts";

const ndjson = "application/x-ndjson";

/** `POST /api/v1/links/batch`: a link a line in, a result a line out, in the same order, however many. */
export function batchPath(api: Api, shared: Shared): void {
  const route = createRoute({
    method: "post",
    path: "/api/v1/links/batch",
    summary: "Make many links: JSON Lines in and out, streamed",
    description:
      "Each line is a BatchLine, with an admin key an ImportLine; each result line is a BatchResult. A bad line has its " +
      "error, and the rest goes in.",
    security: scoped("links:write"),
    request: {
      body: { required: true, content: { [ndjson]: { schema: importLine } } },
    },
    responses: {
      200: { description: "A BatchResult a line", content: { [ndjson]: { schema: batchResult } } },
      ...problems("unauthorized", "forbidden", "wrong_origin", "unsupported_media_type"),
    },
  });
  api.openAPIRegistry.register("BatchLine", batchLine);
  api.openAPIRegistry.registerPath(route);
  const isLines = takes(ndjson, "application/ndjson", "application/jsonl");
  api.post(route.getRoutingPath(), shared.needs("links:write"), isLines, (c) => {
    const mayImport = c.get("caller")?.scopes.includes("admin") === true;
    const { body } = c.req.raw;
    const results = body === null ? null : resultsOf(body, new Batch(shared, mayImport, byOf(c)), c.env);
    return new Response(results, { headers: { "Content-Type": ndjson } });
  });
}

/**
 * The result lines of a body, made as fast as they are read. Ends the connection when for the arrival's patience no
 * whole line came, or nobody read a result: a client that trickles holds nothing for long.
 */
function resultsOf(body: ReadableStream<Uint8Array>, batch: Batch, arrival: Arrival): ReadableStream<Uint8Array> {
  const lines = new LineReader(body);
  let waiting: Line[] = [];
  let timer: Timer | undefined;
  arrival.untimed();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const tooSlow = () => {
        controller.error(new Error("The batch does not go on."));
        void lines.cancel();
      };
      const watch = () => {
        clearTimeout(timer);
        timer = setTimeout(tooSlow, arrival.patience * 1000);
      };
      watch();
      // Until something is written: nobody asks again after a pull that gave nothing.
      for (;;) {
        if (waiting.length === 0) waiting = await lines.some();
        clearTimeout(timer);
        if (waiting.length === 0) return controller.close();
        const group = waiting.splice(0, batchGroup).filter((line) => !isBlank(line));
        const results = group.length === 0 ? "" : await batch.decide(group);
        watch();
        if (results === "") continue;
        controller.enqueue(new TextEncoder().encode(results));
        return;
      }
    },
    cancel: () => {
      clearTimeout(timer);
      return lines.cancel();
    },
  });
}

type Result = CreateResult | { readonly outcome: "failed"; readonly error: CurtError };

/** Decides about lines. */
class Batch {
  readonly #shared: Shared;
  readonly #mayImport: boolean;
  readonly #by: string;

  constructor(shared: Shared, mayImport: boolean, by: string) {
    this.#shared = shared;
    this.#by = by;
    this.#mayImport = mayImport;
  }

  /** The result lines of a group of lines. */
  async decide(group: readonly Line[]): Promise<string> {
    const results: Result[] = [];
    const inputs: { at: number; input: LinkInput & Imported }[] = [];
    for (const [at, line] of group.entries()) {
      const input = this.#read(line);
      if (input instanceof CurtError) results[at] = { outcome: "failed", error: input };
      else inputs.push({ at, input });
    }
    const made = await this.#make(inputs.map((one) => one.input));
    for (const [i, { at }] of inputs.entries()) {
      const result = made[i];
      if (result !== undefined) results[at] = result;
    }
    const shown = await this.#shown(
      results,
      new Set(inputs.flatMap(({ at, input }) => (input.token === undefined ? [] : [at]))),
    );
    return results.map((result, at) => this.#written(group[at]?.number ?? 0, result, shown[at])).join("");
  }

  #read(line: Line): (LinkInput & Imported) | CurtError {
    if (line.bytes === undefined) return new CurtError("body_too_large", `The line is longer than ${lineLimit} bytes.`);
    try {
      const given = checked(this.#mayImport ? importLine : batchLine, jsonOf(decoded(line.bytes)));
      return { ...given, by: this.#by };
    } catch (thrown) {
      return shownError(thrown);
    }
  }

  /** A store that cannot be asked is said on each line: what comes after may go in again. */
  async #make(inputs: readonly (LinkInput & Imported)[]): Promise<Result[]> {
    if (inputs.length === 0) return [];
    try {
      return await this.#shared.options.links.createMany(inputs);
    } catch (thrown) {
      const error = this.#shared.logged(thrown);
      return inputs.map(() => ({ outcome: "failed", error }));
    }
  }

  /** The links of results that have one. Those that may have been there before, `again` and others, are read anew. */
  async #shown(results: Result[], again: ReadonlySet<number>): Promise<(ShownLink | undefined)[]> {
    const shown = new Array<ShownLink | undefined>(results.length);
    const before: { at: number; link: LinkRecord }[] = [];
    for (const [at, result] of results.entries()) {
      if (result.outcome === "failed") continue;
      if (result.outcome === "existing" || again.has(at)) before.push({ at, link: result.link });
      else shown[at] = await this.#shared.shownOne(result.link, true);
    }
    try {
      const read = await this.#shared.shown(before.map((one) => one.link));
      for (const [i, { at }] of before.entries()) shown[at] = read[i];
    } catch (thrown) {
      const error = this.#shared.logged(thrown);
      for (const { at } of before) results[at] = { outcome: "failed", error };
    }
    return shown;
  }

  #written(line: number, result: Result, link: ShownLink | undefined): string {
    if (result.outcome === "failed") {
      const { status } = errorTable[result.error.code];
      return `${JSON.stringify({ line, status, error: problemOf(result.error) })}\n`;
    }
    const status = result.outcome === "created" ? 201 : 200;
    return `${JSON.stringify({ line, status, link })}\n`;
  }
}

function isBlank(line: Line): boolean {
  return line.bytes?.every((byte) => byte === 32 || byte === 9 || byte === 13) === true;
}
