import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../texts/catalogue.ts";
import { Cell, useCell } from "./cell.ts";

interface Toast {
  readonly text: ComponentChildren;
  readonly undo: (() => void) | undefined;
}

const current = new Cell<Toast | undefined>(undefined);
/** How long it stays, in ms; it waits while hovered or focused. */
const stay = 8000;

/** Says what was done, one at a time; with a way back where there is one. */
export function toast(text: ComponentChildren, undo?: () => void): void {
  current.value = { text, undo };
}

/** Takes the way back of what was said last, if it is still there. */
export function undoLast(): boolean {
  const undo = current.value?.undo;
  if (undo === undefined) return false;
  current.value = undefined;
  undo();
  return true;
}

export function dismissToast(): boolean {
  const shown = current.value !== undefined;
  current.value = undefined;
  return shown;
}

export function Toasts(): JSX.Element {
  const shown = useCell(current);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (shown === undefined) return;
    let left = stay;
    const timer = setInterval(() => {
      if (box.current?.matches(":hover, :focus-within") !== true) left -= 250;
      if (left <= 0) current.value = undefined;
    }, 250);
    return () => clearInterval(timer);
  }, [shown]);
  return (
    <div aria-live="polite" role="status">
      {shown !== undefined && (
        <div class="toast" ref={box}>
          <span>{shown.text}</span>
          {shown.undo !== undefined && (
            <button type="button" onClick={() => undoLast()}>
              <span class="textlink">{t("common.undo")}</span>
              <kbd class="key">Z</kbd>
            </button>
          )}
        </div>
      )}
    </div>
  );
}
