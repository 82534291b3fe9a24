/** How many addresses are told apart; those that fall on one place share its allowance. */
const places = 65_536;

/**
 * Limits how often one address may do something, in a structure of fixed size: for each place the time at which its
 * allowance is whole again (the generic cell rate algorithm).
 */
export class RateLimit {
  readonly #wholeAt = new Float64Array(places);
  readonly #seed = crypto.getRandomValues(new BigUint64Array(1))[0];
  readonly #every: number;

  /** `count` times within `period` ms at once, and one more every `period / count`. */
  constructor(
    readonly count: number,
    readonly period: number,
  ) {
    this.#every = period / count;
  }

  /** Takes one; 0 if it was there, otherwise the ms until one is. */
  take(address: string, now: number): number {
    const place = this.#placeOf(address);
    const wholeAt = Math.max(this.#wholeAt[place] ?? 0, now) + this.#every;
    const wait = wholeAt - now - this.period;
    if (wait > 0) return wait;
    this.#wholeAt[place] = wholeAt;
    return 0;
  }

  /** How many are left now, and in how many ms the allowance is whole again. */
  state(address: string, now: number): { readonly left: number; readonly wholeIn: number } {
    const wholeIn = Math.max(0, (this.#wholeAt[this.#placeOf(address)] ?? 0) - now);
    return { left: Math.max(0, Math.floor((this.period - wholeIn) / this.#every + 1e-9)), wholeIn };
  }

  #placeOf(address: string): number {
    return Number(BigInt(Bun.hash(networkOf(address), this.#seed)) % BigInt(places));
  }
}

/** What counts as one visitor: an IPv4 address, or the /64 that one subscriber of IPv6 has. */
function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const gap = tail === undefined ? 0 : 8 - front.length - back.length;
  const groups = [...front, ...Array<string>(Math.max(0, gap)).fill("0"), ...back];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, "").toLowerCase())
    .join(":");
}

/** An IPv4 address that a socket of IPv6 shows as `::ffff:1.2.3.4`, as IPv4. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}

/**
 * Who is behind a connection. `X-Forwarded-For` is believed only where a trusted proxy wrote it: from its end, the first
 * address that is no trusted proxy.
 */
export function clientOf(peer: string, forwarded: string | null, trusted: ReadonlySet<string>): string {
  let client = plainAddress(peer);
  const hops = forwarded === null ? [] : forwarded.split(",").map((hop) => plainAddress(hop.trim()));
  while (trusted.has(client)) {
    const hop = hops.pop();
    if (hop === undefined || !/^[0-9A-Fa-f.:]{2,45}$/.test(hop)) break;
    client = hop;
  }
  return client;
}
