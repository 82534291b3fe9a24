import { Component, type ComponentChildren, type JSX } from "preact";
import { Door } from "./door/page.tsx";
import { LinksPage } from "./links/page.tsx";
import { QrDialog } from "./qr/dialog.tsx";
import { at, place } from "./route.ts";
import { me } from "./session.ts";
import { Frame } from "./shell/frame.tsx";
import { KeysHelp } from "./shell/keys-help.tsx";
import { Palette } from "./shell/palette.tsx";
import { redrawn, t } from "./texts/catalogue.ts";
import { useCell } from "./ui/cell.ts";
import { later } from "./ui/later.tsx";
import { Toasts } from "./ui/toast.tsx";

// What is not the list is loaded when it is gone to: the first visit stays small.
const LinkPage = later<{ slug: string }>(async () => (await import("./link/page.tsx")).LinkPage);
const OverviewPage = later(async () => (await import("./overview/page.tsx")).OverviewPage);
const ImportPage = later(async () => (await import("./import/page.tsx")).ImportPage);
const KeysPage = later(async () => (await import("./keys/page.tsx")).KeysPage);
const SettingsPage = later(async () => (await import("./settings/page.tsx")).SettingsPage);

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function Page({ path }: { path: string }): JSX.Element {
  if (path === "/") return <LinksPage />;
  const slug = /^\/links\/([^/]+)$/.exec(path)?.[1];
  if (slug !== undefined) {
    const name = unescaped(slug);
    if (name !== undefined) return <LinkPage key={name} slug={name} />;
  }
  if (path === "/overview") return <OverviewPage />;
  if (path === "/import") return <ImportPage />;
  if (path === "/keys") return <KeysPage />;
  if (path === "/settings") return <SettingsPage />;
  return (
    <main class="plain-page">
      <h1 class="say title">
        <span class="mark">{t("page.gone")}</span>
      </h1>
      <p>{t("page.goneWhy")}</p>
      <a class="textlink" href={at("/")}>
        {t("page.home")}
      </a>
    </main>
  );
}

/** Keeps a mistake in one page from taking the rest away. */
class Safe extends Component<{ path: string; children: ComponentChildren }, { broken: boolean }> {
  override state = { broken: false };

  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.setState({ broken: true });
  }

  override componentDidUpdate(before: { path: string }): void {
    if (before.path !== this.props.path && this.state.broken) this.setState({ broken: false });
  }

  override render(): ComponentChildren {
    if (!this.state.broken) return this.props.children;
    return (
      <main class="plain-page">
        <h1 class="say title">{t("page.broken")}</h1>
        <p>{t("page.brokenWhy")}</p>
        <button type="button" class="button" onClick={() => location.reload()}>
          {t("page.reload")}
        </button>
      </main>
    );
  }
}

export function App(): JSX.Element | null {
  const who = useCell(me);
  const { path } = useCell(place);
  const turn = useCell(redrawn);
  if (who === undefined) return null;
  return (
    <>
      {path === "/setup" || who === null ? (
        <Door first={path === "/setup"} key={path === "/setup" ? "setup" : "door"} />
      ) : (
        <>
          <Frame>
            <Safe path={path}>
              <Page key={turn} path={path} />
            </Safe>
          </Frame>
          <QrDialog />
          <KeysHelp />
          <Palette />
        </>
      )}
      <Toasts />
    </>
  );
}
