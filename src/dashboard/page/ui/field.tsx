import type { ComponentChildren, JSX, RefObject } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { Icon } from "./icons.tsx";
import { fromLocal, toLocal } from "./time-input.ts";

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

export interface TextFieldProps extends Omit<FieldProps, "children"> {
  readonly value: string;
  readonly onText: (text: string) => void;
  readonly type?: "text" | "password" | "datetime-local";
  readonly limit?: number;
  readonly placeholder?: string;
  /** Lines to begin with; it grows by hand. */
  readonly lines?: number;
  /** What is typed is code: no capitals, no spelling. */
  readonly code?: boolean;
  readonly numeric?: boolean;
  readonly autocomplete?: string;
  readonly inputClass?: string;
  readonly boxClass?: string;
  readonly before?: ComponentChildren;
  readonly after?: ComponentChildren;
  readonly inputRef?: RefObject<HTMLInputElement | null>;
}

/** A field for a text, a time or a number as it is typed. */
export function TextField(props: TextFieldProps): JSX.Element {
  const { label, aside, help, reserve, value, onText, lines, code, numeric } = props;
  return (
    <Field
      label={label}
      {...(aside !== undefined && { aside })}
      help={help}
      {...(reserve !== undefined && { reserve })}
    >
      {(id, described) => {
        const set = (event: { readonly currentTarget: HTMLInputElement | HTMLTextAreaElement }) =>
          onText(event.currentTarget.value);
        // What is not given is no attribute at all.
        const given = Object.entries({
          maxLength: props.limit,
          placeholder: props.placeholder,
          ref: props.inputRef,
          type: props.type,
          class: props.inputClass,
          autocomplete: props.autocomplete,
          ...(code === true && { autocapitalize: "none", spellcheck: false }),
          ...(numeric === true && { inputMode: "numeric" }),
        }).filter(([, one]) => one !== undefined);
        const attributes: Record<string, unknown> = {
          id,
          "aria-describedby": described,
          value,
          ...Object.fromEntries(given),
        };
        return (
          <div class={`input ${props.boxClass ?? ""}`}>
            {props.before}
            {lines === undefined ? (
              <input {...attributes} onInput={set} />
            ) : (
              <textarea {...attributes} rows={lines} onInput={set} />
            )}
            {props.after}
          </div>
        );
      }}
    </Field>
  );
}

/** A point in time, as the person's own clock shows it; RFC 3339 or `null` for the rest of the page. */
export function TimeField({
  time,
  onTime,
  ...field
}: Omit<FieldProps, "children"> & { time: string | null; onTime: (time: string | null) => void }): JSX.Element {
  return (
    <TextField {...field} type="datetime-local" value={toLocal(time)} onText={(text) => onTime(fromLocal(text))} />
  );
}

/** One of a few, all of them in sight. */
export function Choice<Value extends string | number>(props: {
  readonly label: string;
  readonly name: string;
  readonly values: readonly Value[];
  readonly chosen: Value;
  readonly onChoose: (value: Value) => void;
  readonly aside?: string;
  readonly disabled?: (value: Value) => boolean;
  readonly class?: string;
}): JSX.Element {
  return (
    <fieldset class={`field ${props.class ?? ""}`}>
      <div class="label">
        <legend>{props.label}</legend>
        {props.aside !== undefined && <span class="aside">{props.aside}</span>}
      </div>
      <div class="choice">
        {props.values.map((one) => (
          <label key={one}>
            <input
              type="radio"
              name={props.name}
              checked={props.chosen === one}
              disabled={props.disabled?.(one) === true}
              onChange={() => props.onChoose(one)}
            />
            {one}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** On or off. */
export function Switch(props: {
  readonly on: boolean;
  readonly onSwitch: () => void;
  readonly label: string;
  readonly help?: ComponentChildren;
  readonly class?: string;
}): JSX.Element {
  return (
    <label class={`switch ${props.class ?? ""}`}>
      <input type="checkbox" role="switch" aria-checked={props.on} checked={props.on} onChange={props.onSwitch} />
      <span class="track" />
      <b>{props.label}</b>
      {props.help !== undefined && <small>{props.help}</small>}
    </label>
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
