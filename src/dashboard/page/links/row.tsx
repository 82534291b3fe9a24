import { Component, type JSX } from "preact";
import type { Link } from "../../../client/client.ts";
import { linkAt } from "../route.ts";
import { t } from "../texts/catalogue.ts";
import { copyLink } from "../ui/copy.tsx";
import { age, bare, count, day } from "../ui/format.ts";
import { Icon } from "../ui/icons.tsx";
import { Sparkline } from "../ui/sparkline.tsx";
import { StateShape } from "../ui/state-shape.tsx";

export interface RowProps {
  readonly link: Link | undefined;
  readonly row: number;
  readonly top: number;
  readonly cursor: boolean;
  /** Tab comes here from outside: the row of the cursor, or the first one while that is out of sight. */
  readonly entry: boolean;
  readonly chosen: boolean;
  readonly choosing: boolean;
  readonly days: readonly number[] | undefined;
  /** The language and the minute: words change with them. */
  readonly stamp: string;
  readonly on: RowEvents;
}

export interface RowEvents {
  readonly point: (row: number) => void;
  readonly choose: (row: number, range: boolean) => void;
  readonly qr: (link: Link) => void;
  readonly more: (row: number, button: HTMLElement) => void;
}

/** What a state is called in a row: nothing for what simply works. */
export function chipOf(link: Link): string | undefined {
  if (link.state === "scheduled" && link.validFrom !== null) return t("list.from", { day: day(link.validFrom) });
  if (link.state === "expired" && link.validUntil !== null) return t("list.ended", { day: day(link.validUntil) });
  if (link.state === "exhausted" && link.maxClicks != null)
    return t("list.used", { n: link.maxClicks, most: link.maxClicks });
  return link.state === "disabled" ? t("list.off") : undefined;
}

const tagsShown = 2;

/**
 * One link of the list, and after it another one: what is drawn is handed on. Drawn again only when something of it changed.
 */
export class Row extends Component<RowProps> {
  /** Whoever was on the link before must not be on this one. */
  override componentDidUpdate(before: RowProps): void {
    if (before.row === this.props.row) return;
    const focused = document.activeElement;
    if (focused instanceof HTMLElement && this.#element?.contains(focused)) focused.blur();
  }

  #element: HTMLElement | null = null;
  readonly #keep = (element: HTMLElement | null) => {
    this.#element = element;
  };

  override shouldComponentUpdate(next: RowProps): boolean {
    return (Object.keys(next) as (keyof RowProps)[]).some((name) => next[name] !== this.props[name]);
  }

  override render({ link, row, top, cursor, entry, chosen, choosing, days, on }: RowProps): JSX.Element {
    const place = { transform: `translateY(${top}px)` };
    if (link === undefined)
      return (
        <div class="row skeleton" style={place} role="row" aria-rowindex={row + 2}>
          <span role="cell" class="hidden">
            {t("list.loading")}
          </span>
          <i />
          <i />
          <i />
          <i />
        </div>
      );
    const classes = `row${cursor ? " cursor" : ""}${chosen ? " chosen" : ""}${link.state === "active" ? "" : " idle"}`;
    const chip = chipOf(link);
    const shown = link.tags.slice(0, chip === undefined ? tagsShown : tagsShown - 1);
    const focus = cursor ? 0 : -1;
    return (
      <div
        ref={this.#keep}
        class={classes}
        style={place}
        role="row"
        aria-rowindex={row + 2}
        onPointerDown={() => on.point(row)}
        onFocusIn={() => cursor || on.point(row)}
      >
        <div class="c-state" role="cell">
          {choosing || chosen ? (
            <input
              type="checkbox"
              class="check"
              tabIndex={focus}
              checked={chosen}
              aria-label={t("list.choose", { slug: link.slug })}
              onClick={(event) => on.choose(row, event.shiftKey)}
            />
          ) : (
            <>
              <StateShape state={link.state} />
              <span class="hidden">{t(`state.${link.state}`)}</span>
            </>
          )}
        </div>
        <div class="c-short" role="cell">
          <a class="to" href={linkAt(link.slug)} tabIndex={cursor || entry ? 0 : -1} data-row={row}>
            <span class="slash">/</span>
            <span class={`slug${cursor || chosen ? " mark" : ""}`}>{link.slug}</span>
          </a>
          <span class="now">
            <button
              type="button"
              tabIndex={focus}
              aria-label={t("list.copy", { slug: link.slug })}
              onClick={() => void copyLink(link)}
            >
              <Icon name="copy" />
            </button>
            <button
              type="button"
              tabIndex={focus}
              aria-label={t("list.qr", { slug: link.slug })}
              onClick={() => on.qr(link)}
            >
              <Icon name="qr" />
            </button>
          </span>
        </div>
        <div class="c-long" role="cell">
          {chip !== undefined && (
            <span class="chip phone">
              <StateShape state={link.state} />
              {chip}
            </span>
          )}
          {link.title !== null && <b>{link.title}</b>}
          <span class="long">{bare(link.url)}</span>
        </div>
        <div class="c-tags" role="cell">
          {chip !== undefined && <span class="chip">{chip}</span>}
          {shown.map((tag) => (
            <span key={tag} class="tag">
              <i>#</i>
              {tag}
            </span>
          ))}
          {link.tags.length > shown.length && <span class="tag quiet">+{link.tags.length - shown.length}</span>}
        </div>
        <div class="c-days" role="cell">
          <Sparkline days={days} />
        </div>
        <div class="c-clicks" role="cell">
          {link.clicks === undefined ? "" : count(link.clicks)}
        </div>
        <div class="c-made" role="cell">
          <time dateTime={link.createdAt}>{age(link.createdAt)}</time>
        </div>
        <div class="c-more" role="cell">
          <button
            type="button"
            tabIndex={focus}
            aria-label={t("list.more", { slug: link.slug })}
            aria-haspopup="true"
            onClick={(event) => on.more(row, event.currentTarget)}
          >
            <Icon name="more" />
          </button>
        </div>
      </div>
    );
  }
}
