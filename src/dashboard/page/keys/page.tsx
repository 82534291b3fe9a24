import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Key, type Scope, scopes } from "../../../client/client.ts";
import { api } from "../api/api.ts";
import { counted } from "../shell/frame.tsx";
import { type TextName, t } from "../texts/catalogue.ts";
import { Confirm, type Question } from "../ui/confirm.tsx";
import { copyText } from "../ui/copy.tsx";
import { BusyButton, TextField, TimeField } from "../ui/field.tsx";
import { date, zone } from "../ui/format.ts";
import { useLoaded } from "../ui/load.ts";
import { problemText } from "../ui/problem.ts";
import { toast } from "../ui/toast.tsx";

/** The keys that programs show, and making one. */
export function KeysPage(): JSX.Element {
  const keys = useLoaded("keys", (signal) => api.keys.list({ signal }));
  const [making, setMaking] = useState(false);
  const [fresh, setFresh] = useState<Key & { key: string }>();
  const [question, setQuestion] = useState<Question>();
  useEffect(() => {
    document.title = `${t("nav.keys")} · Curt`;
    counted.value = undefined;
  }, []);
  const nameOf = (key: Key) => key.name ?? t("keys2.unnamed");
  const remove = async (key: Key) => {
    try {
      await api.keys.remove(key.id);
      toast(t("keys2.deleted", { name: nameOf(key) }));
      if (fresh?.id === key.id) setFresh(undefined);
    } catch (error) {
      toast(problemText(error));
    }
    keys.again();
  };
  const list = keys.value ?? [];
  return (
    <main class="page">
      <header class="page-head">
        <h1 class="say title">
          <span class="mark">{t("keys2.title")}</span>
          <i class="stop" />
        </h1>
        {!making && (
          <button type="button" class="button" onClick={() => setMaking(true)}>
            {t("keys2.make")}
          </button>
        )}
      </header>
      <p class="page-why">{t("keys2.why")}</p>
      {making && (
        <MakeKey
          done={(made) => {
            setMaking(false);
            if (made !== undefined) setFresh(made);
            keys.again();
          }}
        />
      )}
      {fresh !== undefined && (
        <p class="fresh-key" role="status">
          <code class="typed">{fresh.key}</code>
          <button
            type="button"
            class="button"
            onClick={() => void copyText(fresh.key).then((done) => done && toast(t("common.copied")))}
          >
            {t("common.copy")}
          </button>
          <span>{t("keys2.once")}</span>
        </p>
      )}
      {keys.error !== undefined && (
        <p class="notice" role="alert">
          {problemText(keys.error, false)}
          <button type="button" class="textlink" onClick={keys.again}>
            {t("common.retry")}
          </button>
        </p>
      )}
      {keys.value !== undefined && list.length === 0 && <p class="quiet">{t("keys2.none")}</p>}
      {list.length > 0 && (
        <table class="plain-table keys-table">
          <thead>
            <tr>
              <th scope="col">{t("keys2.name")}</th>
              <th scope="col">{t("keys2.rights")}</th>
              <th scope="col">{t("keys2.expires")}</th>
              <th scope="col">{t("keys2.made")}</th>
              <th scope="col">
                <span class="hidden">{t("keys2.actions")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {list.map((key) => (
              <tr key={key.id}>
                <th scope="row">{nameOf(key)}</th>
                <td>{key.scopes.map((scope) => t(`scope.${scope}` as TextName)).join(", ")}</td>
                <td>
                  {key.expiresAt === null ? <span class="quiet">{t("keys2.never")}</span> : date(key.expiresAt, "year")}
                </td>
                <td>{date(key.createdAt, "year")}</td>
                <td>
                  <button
                    type="button"
                    class="textlink"
                    aria-label={t("keys2.deleteTitle", { name: nameOf(key) })}
                    onClick={() =>
                      setQuestion({
                        title: t("keys2.deleteTitle", { name: nameOf(key) }),
                        label: t("keys2.deleteTitle", { name: nameOf(key) }),
                        why: t("keys2.deleteWhy"),
                        keep: t("delete.keep"),
                        act: t("keys2.delete"),
                        agreed: () => void remove(key),
                      })
                    }
                  >
                    {t("keys2.delete")}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {question !== undefined && <Confirm question={question} close={() => setQuestion(undefined)} />}
    </main>
  );
}

function MakeKey({ done }: { done: (made?: Key & { key: string }) => void }): JSX.Element {
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<readonly Scope[]>(["links:read", "links:write"]);
  const [until, setUntil] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  async function make(event: Event): Promise<void> {
    event.preventDefault();
    if (chosen.length === 0) {
      setProblem(t("keys2.choose"));
      return;
    }
    setBusy(true);
    try {
      const body = { name: name.trim() || null, scopes: chosen, expiresAt: until };
      done(await api.keys.create(body));
    } catch (error) {
      setProblem(problemText(error));
      setBusy(false);
    }
  }
  return (
    <form class="key-form" onSubmit={(event) => void make(event)} noValidate>
      <TextField label={t("keys2.for")} reserve={false} inputRef={first} limit={100} value={name} onText={setName} />
      <TimeField label={t("keys2.expires")} aside={zone} reserve={false} time={until} onTime={setUntil} />
      <fieldset class="rights">
        <legend>{t("keys2.rights")}</legend>
        {scopes.map((scope) => (
          <label key={scope}>
            <input
              type="checkbox"
              class="check"
              checked={chosen.includes(scope)}
              onChange={() =>
                setChosen(chosen.includes(scope) ? chosen.filter((one) => one !== scope) : [...chosen, scope])
              }
            />
            {t(`scope.${scope}`)}
          </label>
        ))}
      </fieldset>
      {problem !== undefined && (
        <p class="help is-bad" role="alert">
          {problem}
        </p>
      )}
      <div class="edit-end">
        <BusyButton class="primary" busy={busy} label={t("keys2.makeIt")} doing={t("create.making")} />
        <button type="button" class="button" onClick={() => done()}>
          {t("common.cancel")}
        </button>
      </div>
    </form>
  );
}
