import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { CurtProblem, type Link } from "../../../client/client.ts";
import { api } from "../api/api.ts";
import { breathe } from "../links/breath.ts";
import { wanted } from "../links/create.tsx";
import { listLinks, noFilter } from "../links/filter.ts";
import { at, go, linkAt } from "../route.ts";
import { type TextName, t, tt } from "../texts/catalogue.ts";
import { useCell } from "../ui/cell.ts";
import { copyLink } from "../ui/copy.tsx";
import { bare } from "../ui/format.ts";
import { Icon, type IconName } from "../ui/icons.tsx";
import { Trap } from "../ui/layers.tsx";
import { pages } from "./pages.ts";
import { paletteOpen } from "./shortcuts.ts";
import { setTheme, themes } from "./theme.ts";

interface Option {
  readonly id: string;
  readonly group: "links" | "do" | "go";
  readonly face: ComponentChildren;
  readonly icon?: IconName;
  readonly keys?: readonly string[];
  readonly act: () => void;
}

interface Found {
  readonly links: readonly Link[];
  readonly more: boolean;
  /** In ms. */
  readonly took: number;
  /** The text is a slug that nobody has. */
  readonly free: boolean;
}

/** How long after the last key the server is asked, in ms; links shown. */
const [pause, few] = [80, 6];

/** One field for everything: links first, then what can be done, then where one can go. */
export function Palette(): JSX.Element | null {
  return useCell(paletteOpen) ? <Open /> : null;
}

async function find(text: string, signal: AbortSignal): Promise<Found> {
  const began = performance.now();
  const filter = { ...noFilter, search: text.replace(/^[/#]+/, "") };
  const isSlug = /^[\w.-]{2,}$/.test(filter.search);
  const [page, free] = await Promise.all([
    listLinks(filter, few, null, signal),
    isSlug && text !== ""
      ? api.links.get(filter.search, { signal }).then(
          () => false,
          (error: unknown) => error instanceof CurtProblem && error.status === 404,
        )
      : false,
  ]);
  return { links: page.links, more: page.next !== null, took: Math.round(performance.now() - began), free };
}

function Open(): JSX.Element {
  const [text, setText] = useState("");
  const [found, setFound] = useState<Found>();
  const [chosen, setChosen] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const close = () => {
    paletteOpen.value = false;
  };
  const query = text.trim();
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      find(query, stop.signal).then(
        (got) => {
          if (stop.signal.aborted) return;
          setFound(got);
          setChosen(0);
        },
        () => undefined,
      );
    }, pause);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [query]);

  const options = optionsOf(query, found);
  const at = Math.min(chosen, options.length - 1);
  const act = (option: Option | undefined) => {
    if (option === undefined) return;
    close();
    option.act();
  };
  const move = (by: number) => {
    const next = (at + by + options.length) % options.length;
    setChosen(next);
    list.current?.querySelectorAll("[role=option]")[next]?.scrollIntoView({ block: "nearest" });
  };
  let group = "";
  return (
    <Trap close={close} label={t("palette.label")} class="palette">
      <div class="palette-field">
        <Icon name="search" size={18} />
        <input
          data-first
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={options[at] === undefined ? undefined : `option-${options[at].id}`}
          aria-label={t("palette.label")}
          placeholder={t("palette.hint")}
          value={text}
          maxLength={200}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
            if (by !== 0) {
              event.preventDefault();
              move(by);
            } else if (event.key === "Enter") {
              event.preventDefault();
              act(options[at]);
            }
          }}
        />
        <button type="button" class="palette-close" onClick={close} aria-label={`Esc: ${t("common.close")}`}>
          <kbd class="key">Esc</kbd>
          <Icon name="close" />
        </button>
      </div>
      <div class="palette-list" id="palette-list" role="listbox" aria-label={t("palette.label")} ref={list}>
        {options.map((option, i) => {
          const head = option.group === group ? undefined : t(`palette.${option.group}` as TextName);
          group = option.group;
          return (
            <div key={option.id} role="presentation">
              {head !== undefined && (
                <p class="palette-group" aria-hidden="true">
                  {head}
                </p>
              )}
              <div
                id={`option-${option.id}`}
                class={`palette-option${i === at ? " mark" : ""}`}
                role="option"
                aria-selected={i === at}
                tabIndex={-1}
                onPointerMove={() => setChosen(i)}
                onClick={() => act(option)}
              >
                {option.icon !== undefined && <Icon name={option.icon} />}
                <span class="palette-face">{option.face}</span>
                {i === at && option.group === "links" ? (
                  <span class="palette-keys">
                    {t("palette.open")} <kbd class="key">Enter</kbd>
                  </span>
                ) : (
                  <span class="palette-keys">
                    {option.keys?.map((key) => (
                      <kbd key={key} class="key">
                        {key}
                      </kbd>
                    ))}
                  </span>
                )}
              </div>
            </div>
          );
        })}
        {options.length === 0 && <p class="palette-group">{t("palette.nothing", { what: query })}</p>}
      </div>
      <div class="palette-foot">
        <span aria-live="polite">
          {found !== undefined &&
            t(found.more ? "palette.foundMore" : "palette.found", { n: found.links.length, time: found.took })}
        </span>
        <span class="palette-hint" aria-hidden="true">
          <kbd class="key">↑</kbd> <kbd class="key">↓</kbd> {t("keys.move")}
        </span>
      </div>
    </Trap>
  );
}

function optionsOf(query: string, found: Found | undefined): Option[] {
  const options: Option[] = [];
  const has = (text: string) => query !== "" && text.toLowerCase().includes(query.toLowerCase());
  for (const link of found?.links ?? [])
    options.push({
      id: `link-${options.length}`,
      group: "links",
      face: (
        <>
          <span class="slug">/{link.slug}</span> <span class="long cut">{bare(link.url)}</span>
        </>
      ),
      act: () => go(linkAt(link.slug)),
    });
  const first = found?.links[0];
  const toLinks = (text: string, slug: string) => () => {
    go(at("/"));
    wanted.value = { text, slug };
  };
  if (query !== "" && first !== undefined)
    options.push({
      id: "copy",
      group: "do",
      icon: "copy",
      face: tt("palette.copy", { slug: <span class="slug">/{first.slug}</span> }),
      keys: ["C"],
      act: () => void copyLink(first),
    });
  const breath = breathe(query);
  if (breath !== undefined)
    options.push({
      id: "shorten",
      group: "do",
      icon: "plus",
      face: tt("palette.shorten", { url: <span class="long cut">{bare(breath.url)}</span> }),
      act: toLinks(query, ""),
    });
  else if (found?.free === true)
    options.push({
      id: "make",
      group: "do",
      icon: "plus",
      face: (
        <>
          {tt("palette.make", { slug: <span class="slug">/{query.replace(/^\/+/, "")}</span> })}{" "}
          <span class="quiet">{t("palette.free")}</span>
        </>
      ),
      keys: ["N"],
      act: toLinks("", query.replace(/^\/+/, "")),
    });
  for (const theme of themes) {
    const face = t("palette.theme", { theme: t(`theme.${theme}`) });
    if (has(face)) options.push({ id: `theme-${theme}`, group: "do", face, act: () => setTheme(theme) });
  }
  for (const page of pages)
    if (query === "" || has(t(page.name)))
      options.push({
        id: `page-${page.name}`,
        group: "go",
        face: t(page.name),
        keys: ["G", page.key],
        act: () => go(at(page.path)),
      });
  if (query.startsWith("#") && query.length > 1)
    options.push({
      id: "tag",
      group: "go",
      face: tt("palette.tag", { tag: <b>{query}</b> }),
      act: () => go(`${at("/")}?${new URLSearchParams({ tag: query.slice(1) })}`),
    });
  return options;
}
