import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { t } from "../texts/catalogue.ts";
import { Icon } from "./icons.tsx";

/** Tags as tokens in a field: Enter, comma or leaving adds, Backspace in the empty field takes the last. */
export function TagInput(props: {
  readonly id: string;
  readonly tags: readonly string[];
  readonly onChange: (tags: readonly string[]) => void;
}): JSX.Element {
  const [text, setText] = useState("");
  const add = () => {
    const tag = text.replace(/^#+/, "").trim().normalize("NFC");
    setText("");
    if (tag !== "" && !props.tags.includes(tag)) props.onChange([...props.tags, tag]);
  };
  return (
    <div class="input tags">
      {props.tags.map((tag) => (
        <span key={tag} class="token">
          <span>{tag}</span>
          <button
            type="button"
            aria-label={t("field.tagRemove", { tag })}
            onClick={() => props.onChange(props.tags.filter((one) => one !== tag))}
          >
            <Icon name="close" size={10} />
          </button>
        </span>
      ))}
      <input
        id={props.id}
        value={text}
        maxLength={65}
        placeholder={t("field.tagsAdd")}
        autocapitalize="none"
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={add}
        onKeyDown={(event) => {
          if ((event.key === "Enter" && text !== "") || event.key === ",") {
            event.preventDefault();
            add();
          } else if (event.key === "Backspace" && text === "") props.onChange(props.tags.slice(0, -1));
        }}
      />
    </div>
  );
}
