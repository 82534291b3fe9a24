import { CurtError } from "../core/errors.ts";
import { sessionFor } from "../core/sessions.ts";

/** A header that every change of state by a session needs: a page of another origin cannot send it unasked. */
export const sessionHeader = "Curt-Session";

/** Over TLS the name alone makes browsers keep the cookie to this host, path `/` and TLS. */
const secureName = "__Host-curt";
const plainName = "curt";

const readMethods: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** The cookies of sessions, and who may use them. */
export class SessionCookie {
  readonly #base: URL;
  readonly #unguarded: boolean;

  /** `unguarded`: the mutant that lets other origins use a session. */
  constructor(baseUrl: string, unguarded: boolean) {
    this.#base = new URL(baseUrl);
    this.#unguarded = unguarded;
  }

  /** The token that a request brings, whoever sent it. */
  tokenOf(request: Request): string | undefined {
    const cookies = new Map<string, string>();
    for (const part of (request.headers.get("cookie") ?? "").split(";")) {
      const [name = "", value = ""] = part.trim().split("=", 2);
      if (!cookies.has(name)) cookies.set(name, value);
    }
    // On the host that Curt is known by with TLS, only the cookie that no neighbour can plant counts.
    const known = this.#base.protocol === "https:" && request.headers.get("host")?.toLowerCase() === this.#base.host;
    const token = cookies.get(secureName) ?? (known ? undefined : cookies.get(plainName));
    return token === "" ? undefined : token;
  }

  /**
   * Throws `CurtError` `wrong_origin` unless the request comes from a page of this Curt (a read may also come from the
   * address bar), and a change of state says so itself.
   */
  guard(request: Request): void {
    if (this.#unguarded) return;
    const reads = readMethods.has(request.method);
    const site = request.headers.get("sec-fetch-site");
    const origin = request.headers.get("origin");
    if (site !== null && site !== "same-origin" && !(reads && site === "none")) throw foreign();
    if (origin !== null && !this.#isOurs(origin, request)) throw foreign();
    if (reads) return;
    if (site === null && origin === null) throw foreign();
    if (request.headers.get(sessionHeader) === null)
      throw new CurtError("wrong_origin", `A change by a session needs the header ${sessionHeader}: 1.`);
  }

  /** The `Set-Cookie` of a session that begins. */
  given(token: string, request: Request): string {
    const age = Math.floor(sessionFor / 1000);
    return this.#line(token, age, this.#isSecure(request));
  }

  /** The `Set-Cookie` lines that end whatever session a browser has. */
  taken(request: Request): string[] {
    return this.#isSecure(request) ? [this.#line("", 0, true), this.#line("", 0, false)] : [this.#line("", 0, false)];
  }

  #line(token: string, age: number, secure: boolean): string {
    const name = secure ? secureName : plainName;
    return `${name}=${token}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;
  }

  /** Whether the browser speaks TLS, be it to a proxy before us. */
  #isSecure(request: Request): boolean {
    const origin = request.headers.get("origin");
    return origin === null ? this.#base.protocol === "https:" : origin.startsWith("https://");
  }

  #isOurs(origin: string, request: Request): boolean {
    if (!URL.canParse(origin)) return false;
    const { host, protocol } = new URL(origin);
    if (protocol !== "http:" && protocol !== "https:") return false;
    return host === this.#base.host || host === request.headers.get("host")?.toLowerCase();
  }
}

function foreign(): CurtError {
  return new CurtError("wrong_origin", "This came from another page than Curt's own.");
}
