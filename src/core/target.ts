/** The longest target, in bytes. */
export const targetLimit = 8192;

/** Where this Curt itself is reached; a link to it would lead in a circle. */
export interface OwnAddress {
  /** Host names as `URL.hostname` gives them, without a dot at the end. */
  readonly hosts: ReadonlySet<string>;
  /** Ports on which this machine's loopback names are Curt. */
  readonly ports: ReadonlySet<string>;
}

/** What is ours when short links are printed with `baseUrl` and `port` is listened on. */
export function ownAddress(baseUrl: string, port: number): OwnAddress {
  const base = new URL(baseUrl);
  const host = bareHost(base);
  return { hosts: new Set(isLoopback(host) ? [] : [host]), ports: new Set([String(port), portOf(base)]) };
}

export type TargetVerdict = { readonly url: string } | { readonly problem: string };

/**
 * Checks a target and gives it in WHATWG serialisation: http or https, no user name or password, not this Curt in any
 * spelling, at most 8,192 bytes before and after.
 */
export function checkTarget(input: string, own: OwnAddress): TargetVerdict {
  const bytes = new TextEncoder().encode(input).length;
  if (bytes > targetLimit) return { problem: `Too long: ${bytes} bytes, at most ${targetLimit}.` };
  const url = URL.canParse(input) ? new URL(input) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return { problem: notWeb(input, url) };
  if (url.username !== "" || url.password !== "")
    return { problem: 'Has a user name or password before "@", which hides where a link goes. Leave it out.' };
  if (url.href.length > targetLimit)
    return { problem: `Too long: ${url.href.length} bytes once escaped, at most ${targetLimit}.` };
  const host = bareHost(url);
  if (own.hosts.has(host) || (isLoopback(host) && own.ports.has(portOf(url))))
    return { problem: "Leads back to this Curt. Give the address it should end at." };
  return { url: url.href };
}

/** Host names that mean the machine itself. WHATWG parsing has already made `0x7f.1` into `127.0.0.1`. */
function isLoopback(host: string): boolean {
  return (
    host === "localhost" ||
    host.endsWith(".localhost") ||
    /^127\.\d+\.\d+\.\d+$/.test(host) ||
    host === "0.0.0.0" ||
    host === "[::]" ||
    host === "[::1]" ||
    /^\[::ffff:(7f[0-9a-f]{2}:[0-9a-f]{1,4}|0:0)\]$/.test(host)
  );
}

function bareHost(url: URL): string {
  return url.hostname.replace(/\.+$/, "");
}

function portOf(url: URL): string {
  return url.port !== "" ? url.port : url.protocol === "https:" ? "443" : "80";
}

function notWeb(input: string, url: URL | undefined): string {
  const bare = input.trim();
  // `example.com:80/x` parses with the scheme `example.com:`: a scheme never has a dot where people write one.
  if (/^[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+([:/?#]|$)/u.test(bare) || /^localhost([:/?#]|$)/i.test(bare))
    return `Has no scheme. Did you mean https://${bare.slice(0, 200)} ?`;
  if (/^[/\\]{2}/.test(bare)) return `Has no scheme. Did you mean https:${bare.slice(0, 200).replaceAll("\\", "/")} ?`;
  if (url !== undefined) return `Not a web address: http or https, got ${url.protocol.slice(0, 40)}`;
  return "Not a web address. It begins with http:// or https://.";
}
