import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { t } from "../texts/catalogue.ts";
import { count } from "./format.ts";
import { Trap } from "./layers.tsx";

export interface Question {
  readonly title: ComponentChildren;
  readonly label: string;
  readonly why: string;
  readonly keep: string;
  readonly act: string;
  /** So many things at once that the number has to be typed. */
  readonly typed?: number;
  readonly agreed: () => void;
}

/** Asked only where there is no undo. The harmless answer has the focus, and Escape means it. */
export function Confirm({ question, close }: { question: Question; close: () => void }): JSX.Element {
  const { title, label, why, keep, act, typed, agreed } = question;
  const [text, setText] = useState("");
  const ready = typed === undefined || text.replace(/\D/g, "") === String(typed);
  return (
    <Trap close={close} label={label} class="dialog" alert>
      <h2>{title}</h2>
      <p>{why}</p>
      {typed !== undefined && (
        <div class="input">
          <input
            aria-label={t("delete.type", { n: count(typed) })}
            placeholder={t("delete.type", { n: count(typed) })}
            value={text}
            inputMode="numeric"
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </div>
      )}
      <div class="buttons">
        <button type="button" class="button" data-first onClick={close}>
          {keep}
        </button>
        <button
          type="button"
          class={`button danger${ready ? " solid" : ""}`}
          aria-disabled={!ready}
          onClick={() => {
            if (!ready) return;
            close();
            agreed();
          }}
        >
          {act}
        </button>
      </div>
    </Trap>
  );
}
