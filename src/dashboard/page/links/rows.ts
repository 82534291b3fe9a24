import { useEffect, useRef, useState } from "preact/hooks";

/** Rows drawn above and below the window, so that a turn of the wheel finds them there. */
const spare = 8;
/** It rests when it has not moved for so many ms. */
const still = 150;
/** Browsers draw nothing farther down than some 17 million px. */
const highest = 16_000_000;

export interface Rows {
  /** The rows in sight, and some around them: from `first` up to and without `end`. */
  readonly first: number;
  readonly end: number;
  /** How many of the rows can be reached by scrolling. */
  readonly count: number;
  /**
   * The same in the order in which they stand in the document, each with the slot that it is drawn in. What leaves above comes
   * back below in the same slot, with other texts in it. While the list moves nothing is moved about in the document; as soon
   * as it rests they stand in the order of reading.
   */
  readonly drawn: readonly { readonly row: number; readonly slot: number }[];
  /** Scrolls no farther than needed for a row to be seen, with so many px of bars above and below it. */
  readonly show: (row: number, above: number, below: number) => void;
}

/**
 * The rows to draw of a list without end that scrolls with the window: `count` of one height, the first one `top` px down the
 * page. Drawn anew only when other rows come into sight.
 */
export function useRows(count: number, height: number, top: number): Rows {
  const [[seen, inside], see] = useState<readonly [number, number]>(() => [rowAt(), innerHeight]);
  const reachable = Math.min(count, Math.floor(highest / height));
  const slots = Math.ceil(inside / height) + 1 + 2 * spare;
  const first = Math.max(0, Math.min(seen - spare, reachable - slots));
  const end = Math.min(reachable, first + slots);
  const order = useRef<readonly number[]>([]);
  const [resting, rest] = useState(true);
  if (resting || order.current.length !== slots)
    order.current = Array.from({ length: slots }, (_, i) => (first + i) % slots);
  const rowIn = (slot: number) => first + ((((slot - first) % slots) + slots) % slots);

  function rowAt(): number {
    return Math.max(0, Math.floor((scrollY - top) / height));
  }
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const moved = () => {
      clearTimeout(timer);
      timer = setTimeout(() => rest(true), still);
      rest(false);
      look();
    };
    const look = () => {
      const now = [rowAt(), innerHeight] as const;
      see((before) => (before[0] === now[0] && before[1] === now[1] ? before : now));
    };
    look();
    addEventListener("scroll", moved, { passive: true });
    addEventListener("resize", look);
    return () => {
      clearTimeout(timer);
      removeEventListener("scroll", moved);
      removeEventListener("resize", look);
    };
  }, [height, top]);

  return {
    first,
    end,
    count: reachable,
    drawn: order.current.map((slot) => ({ row: rowIn(slot), slot })).filter(({ row }) => row < end),
    show: (row, above, below) => {
      const [from, to] = [top + row * height - above, top + (row + 1) * height + below];
      if (from < scrollY) scrollTo({ top: from, behavior: "instant" });
      else if (to > scrollY + innerHeight) scrollTo({ top: to - innerHeight, behavior: "instant" });
    },
  };
}
