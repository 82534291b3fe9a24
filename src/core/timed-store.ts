import type { LinkStore, Registry, Store } from "./store.ts";

/** Hears how long an operation of the store took, in seconds; it stands for `weight` of its kind. */
export type StoreReport = (operation: string, seconds: number, failed: boolean, weight: number) => void;

/** A redirect that memory does not know reads a link, which takes some microseconds: of these one in so many is timed. */
const findSample = 16;

/**
 * The store, with a report of what each operation on links and documents takes. `clock` is in ms, of any origin. Of reads of a
 * link one in `every` is timed.
 */
export function timedStore(store: Store, clock: () => number, report: StoreReport, every = findSample): Store {
  return {
    id: store.id,
    links: timed<LinkStore>(store.links, clock, report, every),
    registry: timed<Registry>(store.registry, clock, report, every),
    contents: store.contents,
    clicks: store.clicks,
    close: () => store.close(),
  };
}

type Method = (...args: unknown[]) => Promise<unknown>;

function timed<Part extends object>(part: Part, clock: () => number, report: StoreReport, every: number): Part {
  const methods: Record<string, Method> = {};
  for (const name of methodsOf(part)) {
    const method = (part as unknown as Record<string, Method>)[name]?.bind(part);
    if (method !== undefined) methods[name] = wrapped(name, method);
  }
  return methods as unknown as Part;

  function wrapped(name: string, method: Method): Method {
    if (name === "findAtOnce") return sampled(method, atOnce("find", method as () => unknown, every) as Method);
    return name === "find" ? sampled(method, timedMethod(name, method, every)) : timedMethod(name, method, 1);
  }

  function sampled(method: Method, slow: Method): Method {
    let calls = 0;
    return (...args) => (++calls % every === 0 ? slow(...args) : method(...args));
  }

  function atOnce(name: string, method: (...args: unknown[]) => unknown, weight: number) {
    return (...args: unknown[]) => {
      const from = clock();
      let failed = true;
      try {
        const result = method(...args);
        failed = false;
        return result;
      } finally {
        report(name, (clock() - from) / 1000, failed, weight);
      }
    };
  }

  function timedMethod(name: string, method: Method, weight: number): Method {
    return async (...args) => {
      const from = clock();
      let failed = true;
      try {
        const result = await method(...args);
        failed = false;
        return result;
      } finally {
        report(name, (clock() - from) / 1000, failed, weight);
      }
    };
  }
}

/** The names of an object's methods, its class's among them. */
function methodsOf(part: object): string[] {
  const names = new Set<string>();
  for (let one: object | null = part; one !== null && one !== Object.prototype; one = Object.getPrototypeOf(one))
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(one)))
      if (typeof value === "function" && name !== "constructor") names.add(name);
  return [...names];
}
