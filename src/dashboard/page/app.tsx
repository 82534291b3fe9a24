import { Component, type ComponentChildren, type JSX } from "preact";
import { Door } from "./door/page.tsx";
import { LinkPage } from "./link/page.tsx";
import { LinksPage } from "./links/page.tsx";
import { QrDialog } from "./links/qr-dialog.tsx";
import { at, place } from "./route.ts";
import { me } from "./session.ts";
import { Frame } from "./shell/frame.tsx";
import { KeysHelp } from "./shell/keys-help.tsx";
import { Palette } from "./shell/palette.tsx";
import { t } from "./texts/catalogue.ts";
import { useCell } from "./ui/cell.ts";
import { language } from "./ui/format.ts";
import { Toasts } from "./ui/toast.tsx";

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
  useCell(language);
  if (who === undefined) return null;
  return (
    <>
      {path === "/setup" || who === null ? (
        <Door first={path === "/setup"} key={path === "/setup" ? "setup" : "door"} />
      ) : (
        <>
          <Frame>
            <Safe path={path}>
              <Page path={path} />
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
