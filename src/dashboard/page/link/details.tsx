import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { CurtProblem, type Link, redirectStatuses } from "../../../client/client.ts";
import { api } from "../api/api.ts";
import { changed } from "../links/actions.tsx";
import { t } from "../texts/catalogue.ts";
import { BusyButton, Field, type Help } from "../ui/field.tsx";
import { bare } from "../ui/format.ts";
import { useLayer } from "../ui/layers.tsx";
import { problemText } from "../ui/problem.ts";
import { TagInput } from "../ui/tag-input.tsx";
import { fromLocal, toLocal } from "../ui/time-input.ts";
import { toast } from "../ui/toast.tsx";
import { Facts } from "./facts.tsx";
import { backOf, type Fields, fieldsOf, patchOf } from "./fields.ts";

export interface DetailsProps {
  readonly link: Link;
  readonly editing: boolean;
  readonly setEditing: (editing: boolean) => void;
}

/** What is known of a link, and the same as fields while it is edited. */
export function Details({ link, editing, setEditing }: DetailsProps): JSX.Element {
  return (
    <section class="details">
      <header>
        <h2>{t("details.title")}</h2>
        {!editing && (
          <button type="button" class="plain" onClick={() => setEditing(true)}>
            {t("details.edit")} <kbd class="key">E</kbd>
          </button>
        )}
      </header>
      {editing ? <Form link={link} done={() => setEditing(false)} /> : <Facts link={link} />}
    </section>
  );
}

function Form({ link, done }: { link: Link; done: () => void }): JSX.Element {
  /** What the fields began with: a change by somebody else does not pull the ground away. */
  const [base, setBase] = useState(link);
  const [fields, setFields] = useState(() => fieldsOf(link));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [theirs, setTheirs] = useState<Link>();
  const first = useRef<HTMLInputElement>(null);
  useLayer(done);
  useEffect(() => first.current?.focus(), []);
  const edit = (part: Partial<Fields>) => {
    setFields({ ...fields, ...part });
    setError(undefined);
  };
  const patch = patchOf(base, fields);
  const changes = Object.keys(patch).length;
  const ends = fields.from !== null && fields.until !== null && fields.until <= fields.from;
  const bad = (text: string): Help => ({ kind: "bad", text });
  const issue = (name: string): Help | undefined => {
    const found = error instanceof CurtProblem ? error.issue(name) : undefined;
    return found === undefined ? undefined : bad(found);
  };

  async function save(version = base.version): Promise<void> {
    if (busy || ends) return;
    if (changes === 0) return done();
    setBusy(true);
    try {
      const after = await api.links.edit(link.slug, patch, version);
      changed.value = { slug: link.slug, link: after };
      const back = backOf(base, patch);
      toast(t(patch.url === undefined ? "act.saved" : "act.target"), () => {
        api.links.edit(link.slug, back, after.version).then(
          (before) => {
            changed.value = { slug: link.slug, link: before };
            toast(t("act.undone"));
          },
          (thrown: unknown) => toast(problemText(thrown)),
        );
      });
      done();
    } catch (thrown) {
      setError(thrown);
      if (thrown instanceof CurtProblem && thrown.code === "version_mismatch")
        setTheirs(await api.links.get(link.slug).catch(() => undefined));
      setBusy(false);
    }
  }

  const issues = error instanceof CurtProblem ? error.errors : [];
  return (
    <form
      class="edit-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Field
        label={t("field.target")}
        help={
          issue("url") ??
          (patch.url === undefined
            ? undefined
            : { kind: "plain", text: <span class="cut">{t("details.was", { what: bare(base.url) })}</span> })
        }
        reserve={false}
      >
        {(id, help) => (
          <div class="input">
            <input
              ref={first}
              id={id}
              class="long"
              aria-describedby={help}
              value={fields.url}
              maxLength={8192}
              autocapitalize="none"
              spellcheck={false}
              onInput={(event) => edit({ url: event.currentTarget.value })}
            />
          </div>
        )}
      </Field>
      <Field label={t("field.title")} help={issue("title")} reserve={false}>
        {(id) => (
          <div class="input">
            <input
              id={id}
              value={fields.title}
              maxLength={500}
              onInput={(event) => edit({ title: event.currentTarget.value })}
            />
          </div>
        )}
      </Field>
      <Field label={t("field.tags")} help={issue("tags")} reserve={false}>
        {(id) => <TagInput id={id} tags={fields.tags} onChange={(tags) => edit({ tags })} />}
      </Field>
      <Field label={t("field.note")} help={issue("note")} reserve={false}>
        {(id) => (
          <div class="input">
            <textarea
              id={id}
              rows={2}
              value={fields.note}
              maxLength={5000}
              onInput={(event) => edit({ note: event.currentTarget.value })}
            />
          </div>
        )}
      </Field>
      <Field label={t("field.from")} help={issue("validFrom")} reserve={false}>
        {(id) => (
          <div class="input">
            <input
              id={id}
              type="datetime-local"
              value={toLocal(fields.from)}
              onInput={(event) => edit({ from: fromLocal(event.currentTarget.value) })}
            />
          </div>
        )}
      </Field>
      <Field label={t("field.until")} help={ends ? bad(t("error.ends")) : issue("validUntil")} reserve={false}>
        {(id) => (
          <div class="input">
            <input
              id={id}
              type="datetime-local"
              value={toLocal(fields.until)}
              onInput={(event) => edit({ until: fromLocal(event.currentTarget.value) })}
            />
          </div>
        )}
      </Field>
      {link.maxClicks !== undefined && (
        <Field label={t("field.atMost")} help={issue("maxClicks")} reserve={false}>
          {(id) => (
            <div class="input">
              <input
                id={id}
                inputMode="numeric"
                placeholder={t("details.noLimit")}
                value={fields.most}
                onInput={(event) => edit({ most: event.currentTarget.value })}
              />
              <span class="quiet">{t("field.clicks")}</span>
            </div>
          )}
        </Field>
      )}
      <fieldset class="field span6">
        <div class="label">
          <legend>{t("field.redirect")}</legend>
        </div>
        <div class="choice">
          {redirectStatuses.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="edit-status"
                checked={(fields.status ?? 302) === one}
                onChange={() => edit({ status: one })}
              />
              {one}
            </label>
          ))}
        </div>
      </fieldset>
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          aria-checked={fields.query}
          checked={fields.query}
          onChange={() => edit({ query: !fields.query })}
        />
        <span class="track" />
        <b>{t("field.query")}</b>
      </label>
      {error !== undefined && theirs === undefined && issues.length === 0 && (
        <p class="help is-bad" role="alert">
          {problemText(error)}
        </p>
      )}
      {theirs !== undefined && (
        <p class="notice" role="alert">
          <span>{t("details.conflict")}</span>
          <button
            type="button"
            class="textlink"
            onClick={() => {
              changed.value = { slug: link.slug, link: theirs };
              done();
            }}
          >
            {t("details.theirs")}
          </button>
          <button
            type="button"
            class="textlink"
            onClick={() => {
              setBase({ ...base, version: theirs.version });
              setTheirs(undefined);
              void save(theirs.version);
            }}
          >
            {t("details.mine")}
          </button>
        </p>
      )}
      <div class="edit-end">
        <BusyButton class="primary" busy={busy} label={t("details.save")} doing={t("details.saving")} />
        <button type="button" class="button" onClick={done}>
          {t("details.discard")}
        </button>
        <span class="quiet" aria-live="polite">
          {changes > 0 && t("details.changes", { n: changes })}
        </span>
      </div>
    </form>
  );
}
