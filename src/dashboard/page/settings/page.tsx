import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { CurtProblem } from "../../../client/client.ts";
import { api } from "../api/api.ts";
import { may, me } from "../session.ts";
import { counted } from "../shell/frame.tsx";
import { lettersOn } from "../shell/shortcuts.ts";
import { setTheme, theme, themes } from "../shell/theme.ts";
import { languages, setLanguage, type TextName, t } from "../texts/catalogue.ts";
import { useCell } from "../ui/cell.ts";
import { BusyButton, Switch, TextField } from "../ui/field.tsx";
import { language } from "../ui/format.ts";
import { keep } from "../ui/kept.ts";
import { useLoaded } from "../ui/load.ts";
import { problemText } from "../ui/problem.ts";
import { toast } from "../ui/toast.tsx";

/** How this page looks, one's password, and what the server was started with. */
export function SettingsPage(): JSX.Element {
  const shown = useCell(theme);
  const letters = useCell(lettersOn);
  const lang = useCell(language);
  useEffect(() => {
    document.title = `${t("nav.settings")} · Curt`;
    counted.value = undefined;
  }, []);
  return (
    <main class="page">
      <h1 class="say title">
        <span class="mark">{t("settings.title")}</span>
        <i class="stop" />
      </h1>
      <div class="settings-columns">
        <section>
          <header>
            <h2>{t("settings.look")}</h2>
          </header>
          <fieldset class="field">
            <div class="label">
              <legend>{t("settings.theme")}</legend>
            </div>
            <div class="choice">
              {themes.map((one) => (
                <label key={one}>
                  <input type="radio" name="theme" checked={shown === one} onChange={() => setTheme(one)} />
                  {t(`theme.${one}`)}
                </label>
              ))}
            </div>
          </fieldset>
          <fieldset class="field">
            <div class="label">
              <legend>{t("settings.language")}</legend>
            </div>
            <div class="choice">
              {Object.entries(languages).map(([code, name]) => (
                <label key={code} lang={code}>
                  <input type="radio" name="language" checked={lang === code} onChange={() => void setLanguage(code)} />
                  {name}
                </label>
              ))}
            </div>
          </fieldset>
          <Switch
            label={t("settings.letters")}
            help={t("settings.lettersHelp")}
            on={letters}
            onSwitch={() => {
              lettersOn.value = !letters;
              keep("letters", letters ? "off" : null);
            }}
          />
        </section>
        {me.value?.kind === "user" && <Password />}
      </div>
      {may("admin") && <Server />}
    </main>
  );
}

function Password(): JSX.Element {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  async function change(event: Event): Promise<void> {
    event.preventDefault();
    const length = [...next].length;
    if (length < 12) {
      setProblem(t("door.soFar", { n: length, more: 12 - length }));
      return;
    }
    setBusy(true);
    setProblem(undefined);
    try {
      await api.session.changePassword(current, next);
      setCurrent("");
      setNext("");
      toast(t("settings.changed"));
    } catch (error) {
      const wrong = error instanceof CurtProblem && error.code === "wrong_credentials";
      setProblem(wrong ? t("door.wrong") : problemText(error));
    }
    setBusy(false);
  }
  return (
    <section>
      <header>
        <h2>{t("settings.password")}</h2>
      </header>
      <form class="edit-form" onSubmit={(event) => void change(event)} noValidate>
        <input hidden type="text" autocomplete="username" readOnly value={me.value?.name ?? ""} />
        <TextField
          label={t("settings.current")}
          reserve={false}
          type="password"
          autocomplete="current-password"
          limit={1000}
          value={current}
          onText={setCurrent}
        />
        <TextField
          label={t("settings.next")}
          aside={t("door.length")}
          help={problem === undefined ? undefined : { kind: "bad", text: problem }}
          type="password"
          autocomplete="new-password"
          limit={1000}
          value={next}
          onText={setNext}
        />
        <div>
          <BusyButton busy={busy} label={t("settings.change")} doing={t("door.setting")} />
        </div>
      </form>
    </section>
  );
}

function Server(): JSX.Element {
  const loaded = useLoaded("settings", (signal) => api.server.settings({ signal }));
  return (
    <section>
      <header>
        <h2>{t("settings.server")}</h2>
        <span class="quiet">{t("settings.serverWhy")}</span>
      </header>
      {loaded.error !== undefined && <p class="notice">{problemText(loaded.error, false)}</p>}
      {loaded.value !== undefined && (
        <div class="wide-table">
          <table class="plain-table">
            <thead>
              <tr>
                <th scope="col">{t("settings.name")}</th>
                <th scope="col">{t("settings.value")}</th>
                <th scope="col">{t("settings.source")}</th>
              </tr>
            </thead>
            <tbody>
              {loaded.value.map((one) => (
                <tr key={one.name}>
                  <th scope="row">
                    <code class="typed">{one.name}</code>
                    <small>{one.meaning.replaceAll("`", "")}</small>
                  </th>
                  <td>
                    {one.value === null || one.value === "" ? (
                      <span class="quiet">{t(one.isSet ? "settings.secret" : "settings.none")}</span>
                    ) : (
                      <code class="typed">{one.value}</code>
                    )}
                  </td>
                  <td class={one.source === "default" ? "quiet" : ""}>{t(`settings.${one.source}` as TextName)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
