import { AsyncLocalStorage } from "node:async_hooks";
import type { StoreReport } from "../core/timed-store.ts";
import type { Tracing } from "../http/tracing.ts";
import type { Log } from "./log.ts";

/** New traces a second, and spans that wait to be handed over: what is more is left out, and said so. */
const [perSecond, mostWaiting] = [100, 4096];
/** How long spans wait for others, how long the collector may take, and how often its failures are told, in ms. */
const [gather, patience, tellEvery] = [1000, 5000, 60_000];
/** Spans of one message. */
const batchSize = 512;

type Value = { readonly stringValue: string } | { readonly intValue: string };

/** A span as OTLP has it in JSON. */
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: 2 | 3;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Value }[];
  readonly status: { readonly code?: 2 };
}

interface Place {
  readonly traceId: string;
  readonly spanId: string;
}

export interface TracesOptions {
  /** Of an OTLP collector that takes HTTP, without `/v1/traces`. */
  readonly collector: string;
  /** Who says it: `service.version` and the like. */
  readonly resource: Readonly<Record<string, string>>;
  readonly log: Pick<Log, "warn">;
}

/**
 * OpenTelemetry traces of the requests that don't come out of memory, and of what the store took for them, handed to a collector by
 * OTLP over HTTP as JSON. Own lines, since OpenTelemetry's own packages patch their way into everything and take longer to load
 * than the rest of the program: what is needed of them is these two kinds of span.
 */
export class Traces implements Tracing {
  readonly #options: TracesOptions;
  readonly #place = new AsyncLocalStorage<Place>();
  #waiting: Span[] = [];
  #timer: Timer | undefined;
  #sending: Promise<void> = Promise.resolve();
  #second = 0;
  #begun = 0;
  #lost = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(options: TracesOptions) {
    this.#options = options;
  }

  async follow(name: string, parent: string | null, work: () => Promise<Response>): Promise<Response> {
    const above = placeOf(parent);
    if (above === "no" || this.#isTooMany()) return work();
    const place = { traceId: above?.traceId ?? random(16), spanId: random(8) };
    const from = performance.now();
    let status = 500;
    let request: string | null = null;
    try {
      const answer = await this.#place.run(place, work);
      status = answer.status;
      request = answer.headers.get("x-request-id");
      return answer;
    } finally {
      const [method = "", route = ""] = name.split(" ");
      this.#add({
        ...place,
        ...(above === undefined ? {} : { parentSpanId: above.spanId }),
        name,
        kind: 2,
        ...times(from, performance.now()),
        attributes: [
          { key: "http.request.method", value: { stringValue: method } },
          { key: "http.route", value: { stringValue: route } },
          { key: "http.response.status_code", value: { intValue: `${status}` } },
          // What the log calls a request that failed.
          ...(request === null ? [] : [{ key: "curt.request", value: { stringValue: request } }]),
        ],
        status: status >= 500 ? { code: 2 } : {},
      });
    }
  }

  /** What the store did for a request that is followed. */
  readonly storeReport: StoreReport = (operation, seconds, failed) => {
    const place = this.#place.getStore();
    if (place === undefined) return;
    const now = performance.now();
    this.#add({
      traceId: place.traceId,
      spanId: random(8),
      parentSpanId: place.spanId,
      name: `store ${operation}`,
      kind: 3,
      ...times(now - seconds * 1000, now),
      attributes: [{ key: "db.operation.name", value: { stringValue: operation } }],
      status: failed ? { code: 2 } : {},
    });
  };

  /** Hands over what waits. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    this.#send();
    await this.#sending;
  }

  #isTooMany(): boolean {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) [this.#second, this.#begun] = [second, 0];
    return ++this.#begun > perSecond;
  }

  #add(span: Span): void {
    if (this.#waiting.length >= mostWaiting) {
      this.#lost++;
      return;
    }
    this.#waiting.push(span);
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#send(), gather);
    this.#timer.unref();
  }

  /** One message after another: a collector that is slow is not asked by several at once. */
  #send(): void {
    this.#timer = undefined;
    this.#sending = this.#sending.then(async () => {
      while (this.#waiting.length > 0) {
        const spans = this.#waiting.splice(0, batchSize);
        await this.#hand(spans).catch((error: unknown) => this.#failed(spans.length, error));
      }
    });
  }

  async #hand(spans: readonly Span[]): Promise<void> {
    const { collector, resource } = this.#options;
    const attributes = Object.entries(resource).map(([key, stringValue]) => ({ key, value: { stringValue } }));
    const body = { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope: { name: "curt" }, spans }] }] };
    const answer = await fetch(`${collector}/v1/traces`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(patience),
    });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
  }

  #failed(count: number, error: unknown): void {
    this.#lost += count;
    if (performance.now() - this.#toldAt < tellEvery) return;
    this.#toldAt = performance.now();
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.log.warn("Traces could not be handed to the collector.", { lost: this.#lost, reason });
    this.#lost = 0;
  }
}

/** Where a `traceparent` says that a trace stands; `undefined`: it says nothing, `no`: that nobody wants to see it. */
function placeOf(parent: string | null): Place | "no" | undefined {
  const [, traceId = "", spanId = "", flags = ""] =
    /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/.exec(parent ?? "") ?? [];
  if (traceId === "" || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return Number.parseInt(flags, 16) % 2 === 1 ? { traceId, spanId } : "no";
}

function random(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toHex();
}

function times(from: number, to: number): Pick<Span, "startTimeUnixNano" | "endTimeUnixNano"> {
  return { startTimeUnixNano: nanoseconds(from), endTimeUnixNano: nanoseconds(to) };
}

/** Since 1970, to the microsecond. */
function nanoseconds(at: number): string {
  return `${Math.round((performance.timeOrigin + at) * 1000)}000`;
}
