import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** What lies above the page, the topmost last. Escape takes one away. */
const layers: (() => void)[] = [];

/** Takes the topmost layer away. `false`: there is none. */
export function closeTop(): boolean {
  const close = layers.at(-1);
  close?.();
  return close !== undefined;
}

export function hasLayers(): boolean {
  return layers.length > 0;
}

/** Makes a component a layer while it is shown. */
export function useLayer(close: () => void): void {
  const latest = useRef(close);
  latest.current = close;
  useLayoutEffect(() => {
    const one = () => latest.current();
    layers.push(one);
    return () => void layers.splice(layers.indexOf(one), 1);
  }, []);
}

const focusable = 'a[href], button, input, textarea, select, [tabindex="0"]';

/** Keeps the focus within while it is shown, and gives it back. `[autofocus]` has it first. */
export function Trap(props: {
  readonly close: () => void;
  readonly label: string;
  readonly class: string;
  readonly alert?: boolean;
  readonly children: ComponentChildren;
}): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  useLayer(props.close);
  // Before it is painted: who opens it by a key goes on typing at once.
  useLayoutEffect(() => {
    const before = document.activeElement;
    const first = box.current?.querySelector<HTMLElement>("[data-first]") ?? box.current;
    // What is long begins at its beginning, also where the button that ends it has the focus.
    first?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const keepIn = (event: KeyboardEvent) => {
    if (event.key !== "Tab" || box.current === null) return;
    const all = [...box.current.querySelectorAll<HTMLElement>(focusable)].filter((one) => one.offsetParent !== null);
    const [first, last] = [all[0], all.at(-1)];
    const from = document.activeElement;
    if (event.shiftKey ? from === first || from === box.current : from === last) {
      event.preventDefault();
      (event.shiftKey ? last : first)?.focus();
    }
  };
  return (
    <>
      <div class="veil" onClick={props.close} />
      <div
        ref={box}
        class={props.class}
        role={props.alert === true ? "alertdialog" : "dialog"}
        aria-modal="true"
        aria-label={props.label}
        tabIndex={-1}
        onKeyDown={keepIn}
      >
        {props.children}
      </div>
    </>
  );
}
