import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useLayer } from "./layers.tsx";

export interface MenuProps {
  readonly label: string;
  /** What stands on the button. */
  readonly face: ComponentChildren;
  readonly class?: string;
  /** Opens towards the start, for a button near the end of the page. */
  readonly end?: boolean;
  readonly tabIndex?: number;
  readonly children: (close: () => void) => ComponentChildren;
}

/** A button that unfolds a short list of things to do. */
export function Menu({ label, face, end, children, tabIndex, ...rest }: MenuProps): JSX.Element {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <div class="menubox">
      <button
        ref={button}
        type="button"
        class={rest.class ?? "button"}
        aria-label={label}
        aria-haspopup="true"
        aria-expanded={open}
        tabIndex={tabIndex ?? 0}
        onClick={() => setOpen(!open)}
      >
        {face}
      </button>
      {open && (
        <Unfolded end={end === true} close={close}>
          {children(close)}
        </Unfolded>
      )}
    </div>
  );
}

function Unfolded(props: { end: boolean; close: () => void; children: ComponentChildren }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  useLayer(props.close);
  useEffect(() => {
    box.current?.querySelector<HTMLElement>("button, a, input")?.focus();
    const outside = (event: PointerEvent) => {
      if (event.target instanceof Node && box.current?.parentElement?.contains(event.target) !== true) props.close();
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, []);
  const moved = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0 || box.current === null) return;
    event.preventDefault();
    const all = [...box.current.querySelectorAll<HTMLElement>("button, a")];
    const now = all.indexOf(document.activeElement as HTMLElement);
    all[(now + step + all.length) % all.length]?.focus();
  };
  return (
    <div ref={box} class={`menu${props.end ? " end" : ""}`} onKeyDown={moved}>
      {props.children}
    </div>
  );
}
