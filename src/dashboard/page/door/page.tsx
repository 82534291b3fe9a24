import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { CurtProblem } from "../../../client/client.ts";
import { at, go, place } from "../route.ts";
import { setUp, signIn } from "../session.ts";
import { t, tt } from "../texts/catalogue.ts";
import { BusyButton, Field, type Help } from "../ui/field.tsx";
import { Icon, Mark } from "../ui/icons.tsx";
import { problemText } from "../ui/problem.ts";

const least = 12;
const command = <code class="typed">curt key password</code>;

/** Sign-in, and the first start: a form at the start, and what this is about at the end. */
export function Door({ first }: { first: boolean }): JSX.Element {
  // The token never leaves the browser but to the server: it stands after the #.
  const token = useRef(location.hash.slice(1));
  return (
    <div class="door">
      <main>
        <Mark height={26} />
        <div class="door-form">
          <h1>{t(first ? "door.first" : "door.again")}</h1>
          <p>{t(first ? "door.firstWhy" : "door.good")}</p>
          {first && token.current === "" ? (
            <p>{tt("door.noToken", { command })}</p>
          ) : (
            <DoorForm first={first} token={token.current} />
          )}
        </div>
        <small>{t("door.runs", { host: location.host })}</small>
      </main>
      <p class="door-say say" aria-hidden="true">
        {t("door.long")}
        <br />
        <span class="mark">{t("door.short")}</span> {t("door.out")}
        <i class="stop" />
      </p>
    </div>
  );
}

function DoorForm({ first, token }: { first: boolean; token: string }): JSX.Element {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [seen, setSeen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problems, setProblems] = useState<{ name?: Help; password?: Help }>({});
  const nameInput = useRef<HTMLInputElement>(null);
  const passwordInput = useRef<HTMLInputElement>(null);
  useEffect(() => nameInput.current?.focus(), []);

  const wrong = (text: Help["text"]): Help => ({ kind: "bad", text });
  const length = [...password].length;
  const tooShort = (): Help => wrong(t("door.soFar", { n: length, more: least - length }));

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (busy) return;
    if (name.trim() === "") {
      setProblems({ name: wrong(t("door.noName")) });
      return nameInput.current?.focus();
    }
    if (password === "" || (first && length < least)) {
      setProblems({ password: password === "" ? wrong(t("door.noPassword")) : tooShort() });
      return passwordInput.current?.focus();
    }
    setBusy(true);
    setProblems({});
    try {
      if (first) {
        await setUp(token, name.trim(), password);
        go(at("/"), true);
      } else {
        await signIn(name.trim(), password);
        if (place.value.path === "/setup") go(at("/"), true);
      }
    } catch (error) {
      setProblems(said(error));
      passwordInput.current?.focus();
    }
    setBusy(false);
  }

  function said(error: unknown): { name?: Help; password?: Help } {
    if (!(error instanceof CurtProblem)) return { password: wrong(problemText(error)) };
    if (error.code === "wrong_credentials") return { password: wrong(t("door.wrong")) };
    if (error.code === "setup_over") return { password: wrong(tt("door.over", { command })) };
    if (error.code === "rate_limited") {
      const seconds = error.retryAfter ?? 60;
      const time = seconds < 60 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
      return { password: wrong(t("door.enough", { time })) };
    }
    const of = (path: string) => {
      const issue = error.issue(path);
      return issue === undefined ? {} : { [path]: wrong(issue) };
    };
    const fields = { ...of("name"), ...of("password") };
    return Object.keys(fields).length > 0 ? fields : { password: wrong(problemText(error)) };
  }

  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <Field label={t("door.name")} help={problems.name} reserve={false}>
        {(id, help) => (
          <div class="input tall">
            <input
              id={id}
              ref={nameInput}
              aria-describedby={help}
              aria-invalid={problems.name !== undefined}
              autocomplete="username"
              autocapitalize="none"
              spellcheck={false}
              maxLength={64}
              value={name}
              onInput={(event) => {
                setName(event.currentTarget.value);
                setProblems({});
              }}
            />
          </div>
        )}
      </Field>
      <Field
        label={t("door.password")}
        {...(first ? { aside: t("door.length") } : {})}
        help={
          problems.password ??
          (first && password !== "" && length < least ? { kind: "plain", text: tooShort().text } : undefined)
        }
      >
        {(id, help) => (
          <div class="input tall">
            <input
              id={id}
              ref={passwordInput}
              {...({ type: seen ? "text" : "password" } as { type: "password" })}
              aria-describedby={help}
              aria-invalid={problems.password !== undefined}
              autocomplete={first ? "new-password" : "current-password"}
              maxLength={1000}
              value={password}
              onInput={(event) => {
                setPassword(event.currentTarget.value);
                setProblems({});
              }}
            />
            <button
              type="button"
              class="eye"
              aria-label={t(seen ? "door.hide" : "door.show")}
              aria-pressed={seen}
              onClick={() => setSeen(!seen)}
            >
              <Icon name="eye" />
            </button>
          </div>
        )}
      </Field>
      <BusyButton
        class="primary large"
        busy={busy}
        label={t(first ? "door.set" : "door.signIn")}
        doing={t(first ? "door.setting" : "door.signingIn")}
      />
      {first && <p class="lost">{tt("door.lost", { command })}</p>}
    </form>
  );
}
