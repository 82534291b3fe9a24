import type { JSX } from "preact";
import type { Link } from "../../../client/client.ts";
import { switchLink } from "../links/actions.tsx";
import { showQr } from "../qr/dialog.tsx";
import { at } from "../route.ts";
import { t } from "../texts/catalogue.ts";
import { copyLink } from "../ui/copy.tsx";
import { age, bare, date } from "../ui/format.ts";
import { Icon } from "../ui/icons.tsx";
import { Menu } from "../ui/menu.tsx";
import { StateShape } from "../ui/state-shape.tsx";

export interface HeadProps {
  readonly link: Link;
  readonly editing: boolean;
  readonly edit: () => void;
  readonly remove: () => void;
  readonly stepping: boolean;
}

/** The address as headline, where it leads, how it stands, and what can be done. */
export function Head({ link, editing, edit, remove, stepping }: HeadProps): JSX.Element {
  const host = bare(link.shortUrl).slice(0, -encodeURI(link.slug).length);
  return (
    <header class="link-head">
      <div class="crumbs">
        <span>
          <a href={at("/")}>{t("link.crumb")}</a> / <span class="long">{link.slug}</span>
        </span>
        {stepping && (
          <span class="stepping" aria-hidden="true">
            <kbd class="key">J</kbd> <kbd class="key">K</kbd> {t("link.neighbours")}
          </span>
        )}
      </div>
      <div class="headline">
        <h1 class="address">
          <span>{host}</span>
          <span class="mark">{link.slug}</span>
        </h1>
        <div class="acts">
          <button type="button" class={`button${editing ? "" : " primary"}`} onClick={() => void copyLink(link)}>
            <Icon name="copy" />
            {t("link.copy")}
          </button>
          <button type="button" class="button edit" onClick={edit}>
            {t("link.edit")}
          </button>
          <button type="button" class="button qr-button" aria-label={t("link.qr")} onClick={() => showQr(link)}>
            <Icon name="qr" />
            <span>{t("link.qr")}</span>
          </button>
          <button type="button" class="button switch-button" onClick={() => void switchLink(link)}>
            {t(link.disabled ? "link.on" : "link.off")}
          </button>
          <Menu class="button square" label={t("link.actions")} face={<Icon name="more" />} end>
            {(close) => {
              const item = (text: string, key: string, act: () => void, bad = false) => (
                <button
                  type="button"
                  class={bad ? "bad" : ""}
                  onClick={() => {
                    close();
                    act();
                  }}
                >
                  {text}
                  {key !== "" && <kbd class="key">{key}</kbd>}
                </button>
              );
              return (
                <>
                  {item(t("link.edit"), "E", edit)}
                  {item(t(link.disabled ? "link.on" : "link.off"), "D", () => void switchLink(link))}
                  <a href={link.url} target="_blank" rel="noreferrer noopener" onClick={close}>
                    {t("link.follow")}
                  </a>
                  <hr />
                  {item(t("delete.do"), "", remove, true)}
                </>
              );
            }}
          </Menu>
        </div>
      </div>
      <p class="target">
        <Icon name="arrow" />
        <a class="long" href={link.url} target="_blank" rel="noreferrer noopener">
          {bare(link.url)}
        </a>
      </p>
      <p class="standing">
        <StateShape state={link.state} />
        <b>{t(`state.${link.state}`)}</b>
        <span>{t("link.made", { day: date(link.createdAt, "year") })}</span>
        <span>{t("link.version", { n: link.version })}</span>
        {link.clicks !== undefined && <span title={t("list.clicksWhy")}>{t("link.answered", { n: link.clicks })}</span>}
        {link.clicks === undefined && link.version > 1 && (
          <span>{t("link.changed", { age: age(link.updatedAt) })}</span>
        )}
      </p>
    </header>
  );
}
