import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { at, go, place } from "../route.ts";
import { me, signOut } from "../session.ts";
import { redrawn, type TextName, t } from "../texts/catalogue.ts";
import { Cell, useCell } from "../ui/cell.ts";
import { Icon, Mark } from "../ui/icons.tsx";
import { Menu } from "../ui/menu.tsx";
import { pages } from "./pages.ts";
import { helpOpen, paletteOpen } from "./shortcuts.ts";

function isAt(path: string, page: string): boolean {
  return page === "/" ? path === "/" || path.startsWith("/links/") : path === page || path.startsWith(`${page}/`);
}

/** What the line at the bottom counts; pages set it. */
export const counted = new Cell<ComponentChildren>(undefined);

/** The bars around every page. */
export function Frame({ children }: { children: ComponentChildren }): JSX.Element {
  const { path } = useCell(place);
  useCell(redrawn);
  return (
    <>
      <a class="skip button" href="#content">
        {t("nav.skip")}
      </a>
      <header class="top">
        <a class="home" href={at("/")} aria-label="Curt">
          <Mark height={24} />
        </a>
        <nav aria-label={t("nav.main")}>
          {pages.map((page) => (
            <a key={page.path} href={at(page.path)} aria-current={isAt(path, page.path) ? "page" : undefined}>
              {t(page.name)}
            </a>
          ))}
        </nav>
        <button type="button" class="anywhere" onClick={() => (paletteOpen.value = true)}>
          <span>{t("nav.anywhere")}</span>
          <kbd class="key">Ctrl K</kbd>
        </button>
        <button type="button" class="find" aria-label={t("nav.anywhere")} onClick={() => (paletteOpen.value = true)}>
          <Icon name="search" size={18} />
        </button>
        <User />
      </header>
      <div id="content" tabIndex={-1}>
        {children}
      </div>
      <Status />
      <PhoneBar path={path} />
    </>
  );
}

function User(): JSX.Element {
  const who = useCell(me);
  return (
    <Menu class="user" label={t("nav.user", { name: who?.name ?? "" })} face={who?.name ?? ""} end>
      {(close) => (
        <>
          <a href={at("/settings")} onClick={close}>
            {t("nav.settings")}
          </a>
          <button
            type="button"
            onClick={() => {
              close();
              helpOpen.value = true;
            }}
          >
            {t("keys.title")} <kbd class="key">?</kbd>
          </button>
          <hr />
          <button type="button" onClick={() => void signOut()}>
            {t("nav.signOut")}
          </button>
        </>
      )}
    </Menu>
  );
}

function Status(): JSX.Element {
  const counts = useCell(counted);
  const { path } = useCell(place);
  const inList = path === "/" || path.startsWith("/links/");
  const hint = (keys: readonly string[], name: TextName) => (
    <span>
      {keys.map((key) => (
        <kbd key={key} class="key">
          {key}
        </kbd>
      ))}
      {t(name)}
    </span>
  );
  return (
    <footer class="status">
      <div class="counts">{counts}</div>
      <div class="hints" aria-hidden="true">
        {hint(["N"], "keys.new")}
        {inList && hint(["J", "K"], "keys.move")}
        {inList && hint(["Enter"], "keys.open")}
        {inList && hint(["C"], "keys.copy")}
        {path === "/" && hint(["X"], "keys.choose")}
        {hint(["?"], "keys.all")}
      </div>
    </footer>
  );
}

function PhoneBar({ path }: { path: string }): JSX.Element {
  const [more, setMore] = useState(false);
  const inMore = !["/", "/overview", "/keys"].some((page) => isAt(path, page));
  return (
    <nav class="phonebar" aria-label={t("nav.more")}>
      {pages
        .filter((page) => page.path === "/" || page.path === "/overview" || page.path === "/keys")
        .map((page) => (
          <a key={page.path} href={at(page.path)} aria-current={isAt(path, page.path) ? "page" : undefined}>
            {t(page.name)}
          </a>
        ))}
      <button
        type="button"
        aria-expanded={more}
        aria-current={inMore ? "page" : undefined}
        onClick={() => setMore(!more)}
      >
        {t("nav.more")}
      </button>
      {more && (
        <div class="menu" onClick={() => setMore(false)}>
          {pages
            .filter((page) => page.path === "/import" || page.path === "/settings")
            .map((page) => (
              <button key={page.path} type="button" onClick={() => go(at(page.path))}>
                {t(page.name)}
              </button>
            ))}
          <hr />
          <button type="button" onClick={() => void signOut()}>
            {t("nav.signOut")}
          </button>
        </div>
      )}
    </nav>
  );
}
