/** Lets what concerns the same key happen one after another, in the order asked for. */
export class Turns {
  readonly #tails = new Map<string, Promise<void>>();

  /** `work` is told how long it waited, in ms; 0: nobody was before it. */
  async take<T>(key: string, work: (waited: number) => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const began = performance.now();
    const mine = before === undefined ? work(0) : before.then(() => work(performance.now() - began));
    const tail = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#tails.set(key, tail);
    try {
      return await mine;
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}

/** Lets so many things happen at once; the others wait in the order they came. */
export class Lanes {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
