import type { IdSource, KeyedHash } from "../core/counter.ts";
import { type Registry, StoreUnavailable } from "../core/store.ts";

/** How many ids a process takes at a time; a crash leaves out at most as many. */
const blockSize = 256;
/** How often a document is tried for while others change it. */
const mostConflicts = 1000;

/** Ids that no other process gets, taken from the registry in blocks. Throws what the registry throws. */
export function leasedIds(registry: Registry): IdSource {
  let next = 0;
  let end = 0;
  let lease: Promise<void> | undefined;
  const take = async () => {
    next = await leaseBlock(registry);
    end = next + blockSize;
  };
  return async () => {
    while (next >= end) {
      lease ??= take().finally(() => {
        lease = undefined;
      });
      await lease;
    }
    return next++;
  };
}

/** The first id of a block that is ours. A put whose outcome is unknown leaves its block out. */
async function leaseBlock(registry: Registry): Promise<number> {
  let current = await registry.get("counter", "ids");
  for (let round = 0; round < mostConflicts; round++) {
    const first = current === undefined ? 0 : nextIn(current.value);
    const outcome = await registry.put({
      kind: "counter",
      id: "ids",
      value: JSON.stringify({ next: first + blockSize }),
      version: (current?.version ?? 0) + 1,
      expiresAt: null,
    });
    if (outcome.outcome === "stored") return first;
    current = outcome.current;
  }
  throw new StoreUnavailable("Too many processes take ids at once.");
}

function nextIn(value: string): number {
  const { next } = JSON.parse(value) as { next?: unknown };
  if (typeof next !== "number" || !Number.isSafeInteger(next) || next < 0)
    throw new Error(`The registry's document counter/ids is not one of Curt's: ${value}`);
  return next;
}

/** The hash under the secret of `counter`, which is made once for all nodes of the store. */
export async function counterHash(registry: Registry): Promise<KeyedHash> {
  const secret = await secretOf(registry);
  return (text) => {
    const digest = new Bun.CryptoHasher("sha256", secret).update(text).digest();
    return digest.readUInt32BE(0);
  };
}

async function secretOf(registry: Registry): Promise<Uint8Array> {
  const found = await registry.get("secret", "counter");
  if (found !== undefined) return Uint8Array.fromHex(found.value.slice(1, -1));
  const made = crypto.getRandomValues(new Uint8Array(32));
  const value = JSON.stringify(made.toHex());
  const outcome = await registry.put({ kind: "secret", id: "counter", value, version: 1, expiresAt: null });
  if (outcome.outcome === "stored") return made;
  // Another process made one first.
  return secretOf(registry);
}
