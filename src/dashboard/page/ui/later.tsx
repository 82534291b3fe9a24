import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../texts/catalogue.ts";

/** A component whose code is loaded when it is first shown. What cannot be loaded says so, and how to go on. */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  waiting: JSX.Element | null = <main aria-busy="true" />,
): (props: Props) => JSX.Element | null {
  let loaded: ComponentType<Props> | undefined;
  return function Later(props: Props): JSX.Element | null {
    const [Shown, setShown] = useState<ComponentType<Props> | undefined>(() => loaded);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (Shown !== undefined) return;
      load().then(
        (component) => {
          loaded = component;
          setShown(() => component);
        },
        () => setFailed(true),
      );
    }, []);
    if (failed)
      return (
        <main class="plain-page">
          <h1 class="say title">{t("error.networkRead")}</h1>
          <p>{t("page.brokenWhy")}</p>
          <button type="button" class="button" onClick={() => location.reload()}>
            {t("page.reload")}
          </button>
        </main>
      );
    return Shown === undefined ? waiting : <Shown {...props} />;
  };
}
