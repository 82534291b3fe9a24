import { type ClickRecorder, originOf } from "../core/click.ts";
import type { LinkArena } from "../core/link-arena.ts";
import type { Resolved } from "../core/link-memory.ts";
import { clientOf, plainAddress } from "./rate.ts";
import type { RequestHead } from "./request-head.ts";

export interface VisitsOptions {
  /** Without a journal nothing is counted. */
  readonly clicks?: ClickRecorder | undefined;
  readonly trustedProxies: readonly string[];
}

/** Hands what a visitor sent to the click journal. */
export class Visits {
  readonly #recorder: ClickRecorder | undefined;
  readonly #trusted: ReadonlySet<string>;
  readonly #peerOf: (request: Request) => string;

  /** `peerOf` gives the address of the other end of the connection that a request came on. */
  constructor({ clicks, trustedProxies }: VisitsOptions, peerOf: (request: Request) => string) {
    this.#recorder = clicks;
    this.#trusted = new Set(trustedProxies);
    this.#peerOf = peerOf;
  }

  /** Counts a GET that the door answers with the redirect of a link. */
  countPlain(link: Resolved | undefined, head: RequestHead, peer: string): void {
    const recorder = this.#recorder;
    if (recorder === undefined) return;
    const { fields } = head;
    if (fields.unseen) recorder.recordUnseen(link);
    else recorder.record(link, fields, this.#client(peer, fields.forwarded), "");
  }

  /** The same for the link at a place of the arena. */
  countAt(links: LinkArena, place: number, { fields }: RequestHead, peer: string): void {
    const origin = fields.unseen ? undefined : fields;
    this.#recorder?.recordAt(links, place, origin, this.#client(peer, fields.forwarded));
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
    const sent = (name: string) => headers.get(name) ?? "";
    const origin = originOf(sent("user-agent"), sent("referer"), sent("accept-language"));
    recorder.record(link, origin, this.clientOf(request), query);
  }

  /** The address of who sent a request. */
  clientOf(request: Request): string {
    return this.#client(this.#peerOf(request), request.headers.get("x-forwarded-for") ?? "");
  }

  /** The address of who sent what the door read. */
  clientAt(peer: string, head: RequestHead): string {
    return this.#client(peer, head.fields.forwarded);
  }

  #client(peer: string, forwarded: string): string {
    if (this.#trusted.size > 0) return clientOf(peer, forwarded === "" ? null : forwarded, this.#trusted);
    return peer.startsWith("::ffff:") ? plainAddress(peer) : peer;
  }
}
