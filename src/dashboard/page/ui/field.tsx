import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { Icon } from "./icons.tsx";

export interface Help {
  readonly kind: "good" | "bad" | "plain";
  readonly text: ComponentChildren;
}

export interface FieldProps {
  readonly label: string;
  readonly aside?: string;
  readonly help?: Help | undefined;
  /** Keeps the place of the help line, so that nothing moves when it speaks. */
  readonly reserve?: boolean;
  readonly children: (id: string, describedBy: string) => ComponentChildren;
}

/** A label above, a control, and a line of help below that also says what is wrong. */
export function Field({ label, aside, help, reserve = true, children }: FieldProps): JSX.Element {
  const id = useId();
  const helpId = `${id}-help`;
  return (
    <div class={`field${help?.kind === "bad" ? " wrong" : ""}`}>
      <div class="label">
        <label for={id}>{label}</label>
        {aside !== undefined && <span class="aside">{aside}</span>}
      </div>
      {children(id, helpId)}
      {(reserve || help !== undefined) && <HelpLine id={helpId} help={help} />}
    </div>
  );
}

export function HelpLine({ id, help }: { id: string; help: Help | undefined }): JSX.Element {
  return (
    <div id={id} class={`help is-${help?.kind ?? "none"}`} aria-live="polite">
      {help?.kind === "good" && <Icon name="check" size={12} />}
      {help?.kind === "bad" && <Icon name="cross" size={12} />}
      {help !== undefined && <span>{help.text}</span>}
    </div>
  );
}

/** A button that says what it is doing once that takes longer than 300 ms, and keeps its width. */
export function BusyButton(props: {
  readonly busy: boolean;
  readonly label: ComponentChildren;
  readonly doing: string;
  readonly class?: string;
  readonly type?: "submit" | "button";
  readonly onClick?: () => void;
}): JSX.Element {
  const slow = useLater(props.busy, 300);
  return (
    <button
      type={props.type ?? "submit"}
      class={`button ${props.class ?? ""}`}
      aria-disabled={props.busy}
      onClick={(event) => {
        if (props.busy) event.preventDefault();
        else props.onClick?.();
      }}
    >
      {slow ? props.doing : props.label}
    </button>
  );
}

/** `true` once something has been so for so many ms. */
export function useLater(now: boolean, ms: number): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!now) return setLate(false);
    const timer = setTimeout(() => setLate(true), ms);
    return () => clearTimeout(timer);
  }, [now, ms]);
  return late;
}
