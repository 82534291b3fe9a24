/** OpenTelemetry traces, as a collector gets them: `CURT_TRACES`. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { ask, follow } from "./client.ts";
import { until } from "./process-list.ts";
import { type Server, startServer } from "./server.ts";

const attribute = z.strictObject({
  key: z.string().min(1),
  value: z.union([
    z.strictObject({ stringValue: z.string() }),
    z.strictObject({ intValue: z.string().regex(/^\d+$/) }),
  ]),
});
const nanoseconds = z.string().regex(/^\d{19}$/);
const span = z.strictObject({
  traceId: z.string().regex(/^[\da-f]{32}$/),
  spanId: z.string().regex(/^[\da-f]{16}$/),
  parentSpanId: z
    .string()
    .regex(/^[\da-f]{16}$/)
    .optional(),
  name: z.string().min(1),
  kind: z.literal([2, 3]),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes: z.array(attribute),
  status: z.strictObject({ code: z.literal(2).optional() }),
});
/** `ExportTraceServiceRequest` of OTLP in its JSON form, as far as it is used. */
const message = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes: z.array(attribute) }),
      scopeSpans: z.array(z.strictObject({ scope: z.strictObject({ name: z.literal("curt") }), spans: z.array(span) })),
    }),
  ),
});
type Span = z.infer<typeof span>;

describe("traces", () => {
  let server: Server;
  let spans: Span[] = [];
  let sent = "";
  let status = 200;
  const collector = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const text = await request.text();
      if (new URL(request.url).pathname !== "/v1/traces" || request.headers.get("content-type") !== "application/json")
        return new Response(null, { status: 400 });
      sent += text;
      const [first] = message.parse(JSON.parse(text)).resourceSpans;
      expect(first?.resource.attributes).toContainEqual({ key: "service.name", value: { stringValue: "curt" } });
      spans.push(...(first?.scopeSpans.flatMap((one) => one.spans) ?? []));
      return new Response("{}", { status });
    },
  });
  beforeAll(async () => {
    const env = { CURT_STORE: "sqlite", CURT_TRACES: `http://127.0.0.1:${collector.port}` };
    server = await startServer({ args: ["--workers", "1"], env });
  });
  afterEach(() => {
    [spans, sent, status] = [[], "", 200];
  });
  afterAll(async () => {
    await server.stop();
    await collector.stop(true);
  });

  const named = (name: string) => spans.filter((one) => one.name === name);
  const arrived = (name: string) => until(() => named(name).length > 0, 20_000);
  const attributeOf = ({ attributes }: Span, key: string) => attributes.find((one) => one.key === key)?.value;

  test("tell what a request was and what the store took of it, and nothing that was sent", async () => {
    const made = await ask(server, "POST", "/api/v1/links", { url: "https://secret.example/", slug: "secret" });
    expect(made.status).toBe(201);
    await arrived("POST /api/v1/links");
    const [request] = named("POST /api/v1/links") as [Span];
    expect(request.parentSpanId).toBeUndefined();
    expect(request.kind).toBe(2);
    expect(attributeOf(request, "http.response.status_code")).toEqual({ intValue: "201" });
    const insert = named("store insert").find((one) => one.traceId === request.traceId);
    expect(insert).toMatchObject({ parentSpanId: request.spanId, kind: 3 });
    expect(BigInt(insert?.startTimeUnixNano ?? 0)).toBeGreaterThanOrEqual(BigInt(request.startTimeUnixNano));
    expect(BigInt(insert?.endTimeUnixNano ?? 0)).toBeLessThanOrEqual(BigInt(request.endTimeUnixNano));
    expect(Math.abs(Number(BigInt(request.endTimeUnixNano) / 1_000_000n) - Date.now())).toBeLessThan(60_000);
    expect(sent).not.toContain("secret");
  });

  test("go on from the one that a traceparent names, unless it says no", async () => {
    const [trace, parent] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];
    await follow(server, "absent-1", { traceparent: `00-${trace}-${parent}-00` });
    await follow(server, "absent-2", { traceparent: `00-${trace}-${parent}-01` });
    await follow(server, "absent-3", { traceparent: "00-what-ever-01" });
    await until(() => named("GET /{slug}").length > 1, 20_000);
    const found = named("GET /{slug}");
    expect(found).toHaveLength(2);
    expect(found.filter((one) => one.traceId === trace && one.parentSpanId === parent)).toHaveLength(1);
  });

  test("are not made of redirects out of memory", async () => {
    await ask(server, "POST", "/api/v1/links", { url: "https://example.com/", slug: "hot" });
    for (let i = 0; i < 50; i++) expect((await follow(server, "hot")).status).toBe(302);
    // What memory did not have the first time may be among them.
    await ask(server, "GET", "/api/v1/links/hot");
    await arrived("GET /api/v1/links/{}");
    expect(named("GET /{slug}").length).toBeLessThanOrEqual(1);
  });

  test("are no more than a hundred a second, and wait for no collector", async () => {
    await Promise.all(Array.from({ length: 1500 }, () => ask(server, "GET", "/api/v1/links?limit=1")));
    await until(() => named("GET /api/v1/links").length >= 100, 20_000);
    await Bun.sleep(1500);
    const perSecond = new Map<string, number>();
    for (const { startTimeUnixNano } of named("GET /api/v1/links")) {
      const second = startTimeUnixNano.slice(0, -9);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    }
    // The seconds of the clock are cut elsewhere than the server's.
    expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(200);
    status = 500;
    expect((await ask(server, "GET", "/api/v1/links?limit=1")).status).toBe(200);
    await until(() => server.output().includes("Traces could not be handed to the collector."), 20_000);
    expect(server.output()).toContain("it answered 500");
  });

  test("that wait are handed over when the server ends", async () => {
    expect((await ask(server, "GET", "/api/v1/counts")).status).toBe(200);
    expect(await server.terminate()).toBe(0);
    expect(named("GET /api/v1/counts")).toHaveLength(1);
  });
});
