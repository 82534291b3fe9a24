import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Link } from "../../../client/client.ts";
import { showQr } from "../qr/dialog.tsx";
import { go, linkAt } from "../route.ts";
import { t } from "../texts/catalogue.ts";
import { copyLink } from "../ui/copy.tsx";
import { useLayer } from "../ui/layers.tsx";
import { switchLink } from "./actions.tsx";

export interface RowMenuProps {
  readonly link: Link;
  readonly button: HTMLElement;
  readonly close: () => void;
  readonly tag: () => void;
  readonly remove: () => void;
}

/** All that can be done with one link, below its button. */
export function RowMenu({ link, button, close, tag, remove }: RowMenuProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  useLayer(close);
  useLayoutEffect(() => {
    const menu = box.current;
    if (menu === null) return;
    const at = button.getBoundingClientRect();
    const below = at.bottom + menu.offsetHeight < innerHeight - 48;
    menu.style.top = `${(below ? at.bottom : at.top - menu.offsetHeight) + scrollY}px`;
    const rtl = document.documentElement.dir === "rtl";
    menu.style.left = `${Math.max(8, rtl ? at.left : at.right - menu.offsetWidth)}px`;
    menu.querySelector<HTMLElement>("button")?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    const outside = (event: Event) => {
      if (event.target instanceof Node && box.current?.contains(event.target) !== true) close();
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, []);
  const item = (text: string, key: string, act: () => void, bad = false) => (
    <button
      type="button"
      class={bad ? "bad" : ""}
      onClick={() => {
        close();
        button.focus({ preventScroll: true });
        act();
      }}
    >
      {text}
      {key !== "" && <kbd class="key">{key}</kbd>}
    </button>
  );
  return (
    <div
      ref={box}
      class="menu row-menu"
      onKeyDown={(event) => {
        const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
        if (step === 0 || box.current === null) return;
        event.preventDefault();
        const all = [...box.current.querySelectorAll<HTMLElement>("button")];
        all[(all.indexOf(document.activeElement as HTMLElement) + step + all.length) % all.length]?.focus();
      }}
    >
      {item(t("palette.open"), "Enter", () => go(linkAt(link.slug)))}
      {item(t("common.copy"), "C", () => void copyLink(link))}
      {item(t("create.qr"), "Q", () => showQr(link))}
      {item(t("create.edit"), "E", () => go(`${linkAt(link.slug)}?edit`))}
      {item(t("bulk.tag"), "T", tag)}
      {item(t(link.disabled ? "bulk.on" : "bulk.off"), "D", () => void switchLink(link))}
      <hr />
      {item(t("delete.do"), "", remove, true)}
    </div>
  );
}
