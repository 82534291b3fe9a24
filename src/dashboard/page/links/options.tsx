import type { JSX } from "preact";
import { redirectStatuses } from "../../../client/client.ts";
import { type TextName, t } from "../texts/catalogue.ts";
import { Field, type Help } from "../ui/field.tsx";
import { zone } from "../ui/format.ts";
import { TagInput } from "../ui/tag-input.tsx";
import { fromLocal, toLocal } from "../ui/time-input.ts";
import { type Draft, problemsOf } from "./draft.ts";
import { useFree } from "./free.ts";
import { InShort } from "./in-short.tsx";

export interface OptionsProps {
  readonly draft: Draft;
  readonly edit: (part: Partial<Draft>) => void;
  readonly busy: boolean;
  readonly slow: boolean;
  readonly problem: string | undefined;
  readonly close: () => void;
}

const spans: readonly { label: string; ms: number }[] = [
  { label: "1 d", ms: 86_400_000 },
  { label: "7 d", ms: 7 * 86_400_000 },
  { label: "30 d", ms: 30 * 86_400_000 },
  { label: "1 y", ms: 365 * 86_400_000 },
];

/** The sheet of everything that can be said of a new link. */
export function Options(props: OptionsProps): JSX.Element {
  const { draft, edit } = props;
  const problems = problemsOf(draft);
  const free = useFree(draft.slug, problems.slug === undefined);
  const bad = (name: TextName | undefined): Help | undefined =>
    name === undefined ? undefined : { kind: "bad", text: t(name) };
  const plain = (text: Help["text"]): Help => ({ kind: "plain", text });
  const status = draft.status ?? 302;
  return (
    <div class="sheet">
      <div class="sheet-fields">
        <div class="span3">
          <Field label={t("field.slug")} aside={t("field.slugAside")} help={bad(problems.slug) ?? free}>
            {(id, help) => (
              <div class="input typed">
                <span class="before">{location.host}/</span>
                <input
                  id={id}
                  aria-describedby={help}
                  value={draft.slug}
                  maxLength={128}
                  autocomplete="off"
                  autocapitalize="none"
                  spellcheck={false}
                  onInput={(event) => edit({ slug: event.currentTarget.value.trim() })}
                />
              </div>
            )}
          </Field>
        </div>
        <div class="span3">
          <Field label={t("field.title")} help={plain(t("field.titleHelp"))}>
            {(id, help) => (
              <div class="input">
                <input
                  id={id}
                  aria-describedby={help}
                  value={draft.title}
                  maxLength={500}
                  onInput={(event) => edit({ title: event.currentTarget.value })}
                />
              </div>
            )}
          </Field>
        </div>
        <div class="span3">
          <Field label={t("field.tags")} reserve={false}>
            {(id) => <TagInput id={id} tags={draft.tags} onChange={(tags) => edit({ tags })} />}
          </Field>
        </div>
        <div class="span3">
          <Field label={t("field.note")} aside={t("field.noteAside")} reserve={false}>
            {(id) => (
              <div class="input">
                <textarea
                  id={id}
                  rows={1}
                  placeholder={t("field.noteHint")}
                  value={draft.note}
                  maxLength={5000}
                  onInput={(event) => edit({ note: event.currentTarget.value })}
                />
              </div>
            )}
          </Field>
        </div>
        <div class="span2">
          <Field label={t("field.from")} help={plain(t("field.fromHelp", { zone }))}>
            {(id, help) => (
              <div class="input">
                <input
                  id={id}
                  type="datetime-local"
                  aria-describedby={help}
                  value={toLocal(draft.from)}
                  onInput={(event) => edit({ from: fromLocal(event.currentTarget.value) })}
                />
              </div>
            )}
          </Field>
        </div>
        <div class="span2">
          <Field label={t("field.until")} help={bad(problems.until) ?? plain(<Spans edit={edit} />)}>
            {(id, help) => (
              <div class="input">
                <input
                  id={id}
                  type="datetime-local"
                  aria-describedby={help}
                  value={toLocal(draft.until)}
                  onInput={(event) => edit({ until: fromLocal(event.currentTarget.value) })}
                />
              </div>
            )}
          </Field>
        </div>
        <div class="span2">
          <Field label={t("field.atMost")} help={bad(problems.most) ?? plain(t("field.atMostHelp"))}>
            {(id, help) => (
              <div class="input">
                <input
                  id={id}
                  inputMode="numeric"
                  aria-describedby={help}
                  value={draft.most}
                  maxLength={20}
                  onInput={(event) => edit({ most: event.currentTarget.value })}
                />
                <span class="quiet">{t("field.clicks")}</span>
              </div>
            )}
          </Field>
        </div>
        <fieldset class="span6 field">
          <div class="label">
            <legend>{t("field.redirect")}</legend>
            <span class="aside">{t(`status.${status}` as TextName)}</span>
          </div>
          <div class="choice">
            {redirectStatuses.map((one) => (
              <label key={one}>
                <input type="radio" name="status" checked={status === one} onChange={() => edit({ status: one })} />
                {one}
              </label>
            ))}
          </div>
        </fieldset>
        <label class="switch span3">
          <input
            type="checkbox"
            role="switch"
            aria-checked={draft.query}
            checked={draft.query}
            onChange={() => edit({ query: !draft.query })}
          />
          <span class="track" />
          <b>{t("field.query")}</b>
          <small>{t("field.queryHelp", { slug: draft.slug || "…" })}</small>
        </label>
        <label class="switch span3">
          <input
            type="checkbox"
            role="switch"
            aria-checked={draft.reuse}
            checked={draft.reuse}
            onChange={() => edit({ reuse: !draft.reuse })}
          />
          <span class="track" />
          <b>{t("field.reuse")}</b>
          <small>{t("field.reuseHelp")}</small>
        </label>
      </div>
      <InShort {...props} />
    </div>
  );
}

function Spans({ edit }: { edit: OptionsProps["edit"] }): JSX.Element {
  return (
    <span class="spans">
      {spans.map(({ label, ms }) => (
        <button
          key={label}
          type="button"
          class="textlink"
          onClick={() => edit({ until: new Date(Date.now() + ms).toISOString() })}
        >
          {label}
        </button>
      ))}
      <button type="button" class="textlink" onClick={() => edit({ until: null })}>
        {t("field.never")}
      </button>
    </span>
  );
}
