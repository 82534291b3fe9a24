import type { ClickRecorder } from "../core/click.ts";
import type { Resolved } from "../core/resolver.ts";
import { clientOf } from "./rate.ts";

/** The part of Bun's server that tells who asks. */
export interface Peers {
  requestIP(request: Request): { readonly address: string } | null;
}

export interface VisitsOptions {
  /** Without a journal nothing is counted. */
  readonly clicks?: ClickRecorder | undefined;
  readonly trustedProxies: readonly string[];
  /** Where the server listens. */
  readonly host: string;
}

/** Hands what a visitor sent to the click journal. */
export class Visits {
  readonly #recorder: ClickRecorder | undefined;
  readonly #trusted: ReadonlySet<string>;
  /**
   * The one address that all visitors have. Asking for it costs a system call for each click, a tenth of a redirect, and
   * behind a proxy on the same machine it always is this one.
   */
  readonly #loopback: string | undefined;
  #peers: Peers | undefined;

  constructor({ clicks, trustedProxies, host }: VisitsOptions) {
    this.#recorder = clicks;
    this.#trusted = new Set(trustedProxies);
    this.#loopback = ["127.0.0.1", "::1"].find((address) => address === host);
  }

  /** From now on visitors have addresses. */
  open(peers: Peers): void {
    this.#peers = peers;
  }

  /** Counts a GET that is answered with the redirect of a link, or found none. HEAD counts nowhere. */
  count(link: Resolved | undefined, query: string, request: Request): void {
    const recorder = this.#recorder;
    if (recorder === undefined || request.method !== "GET") return;
    const { headers } = request;
    if (headers.get("sec-gpc") === "1" || headers.get("dnt") === "1") {
      recorder.recordUnseen(link);
      return;
    }
    recorder.record(
      link,
      headers.get("user-agent") ?? "",
      headers.get("referer") ?? "",
      headers.get("accept-language") ?? "",
      this.#addressOf(request),
      query,
    );
  }

  #addressOf(request: Request): string {
    const peer = this.#loopback ?? this.#peers?.requestIP(request)?.address ?? "";
    if (this.#trusted.size === 0) return peer;
    return clientOf(peer, request.headers.get("x-forwarded-for"), this.#trusted);
  }
}
