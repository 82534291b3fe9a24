import { useEffect, useState } from "preact/hooks";

/** A value that components follow. Setting it to what it is does nothing. */
export class Cell<T> {
  #value: T;
  readonly #followers = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set value(value: T) {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const follower of [...this.#followers]) follower();
  }

  /** Calls back after every change until what it returns is called. */
  follow(follower: () => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }
}

/** The value of a cell; the component is drawn again when it changes. */
export function useCell<T>(cell: Cell<T>): T {
  const [, draw] = useState({});
  useEffect(() => {
    const seen = cell.value;
    const stop = cell.follow(() => draw({}));
    // It may have changed between drawing and now.
    if (!Object.is(seen, cell.value)) draw({});
    return stop;
  }, [cell]);
  return cell.value;
}
