import type { JSX } from "preact";
import { at } from "../route.ts";
import { type TextName, t, tt } from "../texts/catalogue.ts";
import { useCell } from "../ui/cell.ts";
import { Trap } from "../ui/layers.tsx";
import { helpOpen } from "./shortcuts.ts";

const all: readonly (readonly [keys: string, does: TextName])[] = [
  ["Ctrl K", "keys.palette"],
  ["/", "keys.search"],
  ["N", "keys.new"],
  ["J K", "keys.move"],
  ["Enter", "keys.open"],
  ["C", "keys.copy"],
  ["Q", "keys.qr"],
  ["E", "keys.edit"],
  ["X", "keys.choose"],
  ["Shift X", "keys.range"],
  ["T", "keys.tag"],
  ["D", "keys.switch"],
  ["Z", "keys.undo"],
  ["G L O I K S", "keys.go"],
  ["[ ]", "keys.earlier"],
  ["Esc", "keys.out"],
];

/** Every key there is. */
export function KeysHelp(): JSX.Element | null {
  if (!useCell(helpOpen)) return null;
  const close = () => {
    helpOpen.value = false;
  };
  const settings = (
    <a href={at("/settings")} onClick={close}>
      {t("nav.settings")}
    </a>
  );
  return (
    <Trap close={close} label={t("keys.title")} class="dialog keys-help">
      <h2>{t("keys.title")}</h2>
      <dl>
        {all.map(([keys, does]) => (
          <div key={keys}>
            <dt>
              {keys.split(" ").map((key) => (
                <kbd key={key} class="key">
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{t(does)}</dd>
          </div>
        ))}
      </dl>
      <p>{tt("keys.switchOff", { settings })}</p>
      <div class="buttons">
        <button type="button" class="button" data-first onClick={close}>
          {t("common.close")}
        </button>
      </div>
    </Trap>
  );
}
