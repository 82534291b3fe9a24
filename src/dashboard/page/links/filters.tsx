import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { states } from "../../../client/client.ts";
import { useKeys } from "../shell/shortcuts.ts";
import { type TextName, t } from "../texts/catalogue.ts";
import { Icon } from "../ui/icons.tsx";
import { Menu } from "../ui/menu.tsx";
import type { Filter } from "./filter.ts";

export interface FiltersProps {
  readonly filter: Filter;
  readonly onFilter: (filter: Filter) => void;
  /** Tags of what is shown, the most frequent first. */
  readonly tags: () => readonly (readonly [string, number])[];
  readonly onExport: () => void;
}

/** How long after the last key the list is asked, in ms. */
const pause = 120;

/** What the list is narrowed by: words, a tag as a token among them, and a state. */
export function Filters({ filter, onFilter, tags, onExport }: FiltersProps): JSX.Element {
  const [text, setText] = useState(filter.search);
  const input = useRef<HTMLInputElement>(null);
  const sent = useRef(filter.search);
  useEffect(() => {
    // The address changed by itself: the way back, or a link elsewhere.
    if (filter.search !== sent.current) setText(filter.search);
    sent.current = filter.search;
  }, [filter.search]);
  useEffect(() => {
    const timer = setTimeout(() => {
      const tag = /(?:^|\s)#(\S+)\s$/.exec(text)?.[1];
      const search = tag === undefined ? text.trim() : text.replace(/(?:^|\s)#\S+\s$/, "").trim();
      if (tag !== undefined) setText(search);
      if (search === filter.search && tag === undefined) return;
      sent.current = search;
      onFilter({ ...filter, search, tag: tag ?? filter.tag });
    }, pause);
    return () => clearTimeout(timer);
  }, [text]);
  useKeys({ "/": () => input.current?.focus() });
  return (
    <div class="filters">
      <div class="input search" onClick={() => input.current?.focus()}>
        <Icon name="search" />
        {filter.tag !== "" && (
          <span class="token">
            <span>#{filter.tag}</span>
            <button
              type="button"
              aria-label={t("list.tagRemove", { tag: filter.tag })}
              onClick={() => onFilter({ ...filter, tag: "" })}
            >
              <Icon name="close" size={12} />
            </button>
          </span>
        )}
        <input
          ref={input}
          type="text"
          role="searchbox"
          aria-label={t("list.searchLabel")}
          placeholder={t("list.search")}
          value={text}
          maxLength={200}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Backspace" && text === "" && filter.tag !== "") onFilter({ ...filter, tag: "" });
            if (event.key === "Enter" && /^#\S+$/.test(text)) setText(`${text} `);
            if (event.key === "ArrowDown") input.current?.blur();
          }}
        />
        <kbd class="key">/</kbd>
      </div>
      <div class="by-state" role="group" aria-label={t("list.states")}>
        {(["", ...states] as const).map((state) => (
          <button
            key={state}
            type="button"
            aria-pressed={filter.state === state}
            onClick={() => onFilter({ ...filter, state })}
          >
            {t((state === "" ? "list.all" : `list.${state}`) as TextName)}
          </button>
        ))}
      </div>
      <div class="filters-end">
        <Menu
          class="plain"
          label={t("list.tags")}
          end
          face={
            <>
              {t("list.tags")} <Icon name="down" />
            </>
          }
        >
          {(close) => {
            const found = tags();
            if (found.length === 0) return <p class="quiet none">{t("list.tagsNone")}</p>;
            return found.slice(0, 20).map(([tag, n]) => (
              <button
                key={tag}
                type="button"
                onClick={() => {
                  close();
                  onFilter({ ...filter, tag });
                }}
              >
                <span class="cut">#{tag}</span>
                <span class="quiet">{n}</span>
              </button>
            ));
          }}
        </Menu>
        <button type="button" class="plain" onClick={onExport}>
          {t("list.export")}
        </button>
      </div>
    </div>
  );
}
