import { useEffect, useRef } from "preact/hooks";
import { at, go } from "../route.ts";
import { Cell } from "../ui/cell.ts";
import { kept } from "../ui/kept.ts";
import { closeTop, hasLayers } from "../ui/layers.tsx";
import { dismissToast, undoLast } from "../ui/toast.tsx";
import { pages } from "./pages.ts";

/** What keys do where they are pressed. A letter stands as it is printed: "x", with Shift "X". */
export type Keys = Readonly<Record<string, (() => void) | undefined>>;

const stacks: { current: Keys }[] = [];
export const lettersOn = new Cell<boolean>(kept("letters") !== "off");
export const paletteOpen = new Cell<boolean>(false);
export const helpOpen = new Cell<boolean>(false);

/** How long G waits for its second key, in ms. */
const secondKey = 1500;
let afterG = 0;

/** Keys that work while a component is shown. The one shown last is asked first. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    stacks.push(latest);
    return () => void stacks.splice(stacks.indexOf(latest), 1);
  }, []);
}

export function inField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !/^(?:checkbox|radio|button|file|color|range)$/.test(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    paletteOpen.value = !paletteOpen.value;
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    leave(event);
    return;
  }
  if (inField(event.target) || hasLayers()) return;
  // A control that is focused has its own Enter, Space and arrows.
  const onControl =
    event.target instanceof Element && event.target.closest("button, a, summary, [role=slider], input") !== null;
  if (onControl && (event.key === "Enter" || event.key === " ")) return;
  const single = event.key.length === 1;
  if (single && !lettersOn.value && event.key !== "/") return;
  if (single && performance.now() < afterG) {
    afterG = 0;
    const page = pages.find(({ key }) => key === event.key.toUpperCase());
    if (page !== undefined) {
      event.preventDefault();
      go(at(page.path));
      return;
    }
  }
  for (const { current } of [...stacks].reverse()) {
    const act = current[event.key];
    if (act === undefined) continue;
    event.preventDefault();
    act();
    return;
  }
  if (event.key === "g") afterG = performance.now() + secondKey;
  else if (event.key === "?") helpOpen.value = true;
  else if (event.key === "z") undoLast();
}

/** Out, one layer at a time: a dialog, then a field, then what a page has chosen, then the toast. */
function leave(event: KeyboardEvent): void {
  if (closeTop()) {
    event.preventDefault();
    return;
  }
  if (inField(event.target) && event.target instanceof HTMLElement) {
    event.target.blur();
    return;
  }
  for (const { current } of [...stacks].reverse()) {
    const act = current.Escape;
    if (act !== undefined) {
      act();
      return;
    }
  }
  dismissToast();
}

document.addEventListener("keydown", pressed);
