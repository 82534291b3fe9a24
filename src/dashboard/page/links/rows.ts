import { observeWindowOffset, observeWindowRect, Virtualizer, windowScroll } from "@tanstack/virtual-core";
import { useLayoutEffect, useState } from "preact/hooks";

/** The rows to draw of a long list that scrolls with the window. */
export function useRows(count: number, height: number, top: number): Virtualizer<Window, Element> {
  const [, draw] = useState({});
  const options = {
    count,
    estimateSize: () => height,
    getScrollElement: () => window,
    observeElementRect: observeWindowRect,
    observeElementOffset: observeWindowOffset,
    scrollToFn: windowScroll,
    initialOffset: () => window.scrollY,
    initialRect: { width: innerWidth, height: innerHeight },
    scrollMargin: top,
    overscan: 8,
    onChange: () => draw({}),
  };
  const [rows] = useState(() => new Virtualizer<Window, Element>(options));
  const changed = rows.options.estimateSize(0) !== height;
  rows.setOptions(options);
  if (changed) rows.measure();
  useLayoutEffect(() => rows._didMount(), [rows]);
  useLayoutEffect(() => rows._willUpdate());
  return rows;
}
