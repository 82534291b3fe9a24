import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { CurtProblem, type Link } from "../../../client/client.ts";
import { api } from "../api/api.ts";
import { useKeys } from "../shell/shortcuts.ts";
import { t, tt } from "../texts/catalogue.ts";
import { Cell, useCell } from "../ui/cell.ts";
import { copyText } from "../ui/copy.tsx";
import { useLater } from "../ui/field.tsx";
import { bare } from "../ui/format.ts";
import { Icon } from "../ui/icons.tsx";
import { problemText } from "../ui/problem.ts";
import { breathe } from "./breath.ts";
import { bodyOf, type Draft, emptyDraft, problemsOf } from "./draft.ts";
import { Made, type MadeLink } from "./made.tsx";
import { Options } from "./options.tsx";

/** The palette and other pages put a text into the field by this. */
export const wanted = new Cell<{ readonly text: string; readonly slug: string } | undefined>(undefined);

/** The field that makes short what is pasted, and the sheet of all options below it. */
export function Create({ onMade }: { onMade: (link: Link) => void }): JSX.Element {
  const [draft, setDraft] = useState<Draft>(emptyDraft);
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [made, setMade] = useState<MadeLink>();
  const input = useRef<HTMLInputElement>(null);
  /** The same for each try to make the same link, so that a broken line makes no second one. */
  const attempt = useRef({ body: "", key: "" });
  const slow = useLater(busy, 300);
  const asked = useCell(wanted);

  useEffect(() => {
    if (matchMedia("(hover: hover)").matches) input.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    if (asked === undefined) return;
    wanted.value = undefined;
    setMade(undefined);
    setDraft({ ...emptyDraft, text: asked.text, slug: asked.slug });
    if (asked.slug !== "") setOpen(true);
    input.current?.focus();
  }, [asked]);
  useKeys({ n: () => input.current?.focus() });

  const edit = (part: Partial<Draft>) => {
    setProblem(undefined);
    setDraft({ ...draft, ...part });
  };

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (busy) return;
    if (made !== undefined && draft.text === "") return void again(made);
    const problems = problemsOf(draft);
    const first = problems.url ?? problems.slug ?? problems.until ?? problems.most;
    const body = bodyOf(draft, Date.now());
    if (first !== undefined || body === undefined) {
      setProblem(t(first ?? "error.noAddress"));
      return input.current?.focus();
    }
    setBusy(true);
    setProblem(undefined);
    const text = JSON.stringify({ ...body, validUntil: draft.until ?? breathe(draft.text)?.lasts });
    if (attempt.current.body !== text) attempt.current = { body: text, key: crypto.randomUUID() };
    try {
      const link = await api.links.create(body, { idempotencyKey: attempt.current.key });
      attempt.current = { body: "", key: "" };
      const copied = await copyText(link.shortUrl);
      setMade({ link, copied, length: body.url.length });
      setDraft(emptyDraft);
      setOpen(false);
      onMade(link);
      input.current?.focus();
    } catch (error) {
      // An answer that is not "try again" decides: the next try is another one.
      if (error instanceof CurtProblem && error.status !== 0 && error.status < 500)
        attempt.current = { body: "", key: "" };
      setProblem(
        error instanceof CurtProblem && error.code === "slug_taken" ? t("error.takenOnly") : problemText(error),
      );
    }
    setBusy(false);
  }

  async function again(one: MadeLink): Promise<void> {
    setMade({ ...one, copied: await copyText(one.link.shortUrl) });
  }

  const showMade = made !== undefined && draft.text === "" && !open;
  const filled = draft.text !== "";
  return (
    <form class={`create${open ? " open" : ""}`} onSubmit={(event) => void submit(event)} noValidate>
      <div class="create-box">
        <div class="create-line">
          {showMade && (
            <div class="create-made" aria-hidden="true">
              <span>{bare(made.link.shortUrl).slice(0, -made.link.slug.length)}</span>
              <span class="mark">{made.link.slug}</span>
            </div>
          )}
          <input
            ref={input}
            class={filled ? "filled" : showMade ? "behind" : ""}
            aria-label={t("create.label")}
            aria-describedby="create-under"
            aria-invalid={problem !== undefined}
            placeholder={showMade ? "" : t("create.paste")}
            value={draft.text}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            enterKeyHint="go"
            maxLength={9000}
            onInput={(event) => edit({ text: event.currentTarget.value })}
          />
          {open && filled && (
            <span class="create-length">
              {t("create.characters", { n: (breathe(draft.text)?.url ?? draft.text).length })}
            </span>
          )}
          {!open && (
            <button type="submit" class={`create-go${showMade ? " done" : ""}`} aria-disabled={busy}>
              {showMade ? (
                <>
                  <Icon name={made.copied ? "check" : "copy"} />
                  <span>{t(made.copied ? "create.copied" : "common.copy")}</span>
                </>
              ) : (
                <>
                  <span>{t(slow ? "create.making" : "create.shorten")}</span>
                  <Icon name="enter" />
                </>
              )}
            </button>
          )}
        </div>
        {open && (
          <Options draft={draft} edit={edit} busy={busy} slow={slow} problem={problem} close={() => setOpen(false)} />
        )}
      </div>
      {!open && (
        <div class="create-under" id="create-under" aria-live="polite">
          {problem !== undefined ? (
            <span class="help is-bad">
              <Icon name="cross" size={12} />
              <span>{problem}</span>
            </span>
          ) : showMade ? (
            <Made made={made} clear={() => setMade(undefined)} />
          ) : (
            <>
              <span class="wide">
                {tt("create.breath", { example: <span class="typed">https://… q3-report #finance 30d</span> })}
              </span>
              <span class="narrow">{t("create.breathShort")}</span>
            </>
          )}
          {!showMade && (
            <button type="button" class="textlink" onClick={() => setOpen(true)}>
              {t("create.options")}
            </button>
          )}
        </div>
      )}
    </form>
  );
}
