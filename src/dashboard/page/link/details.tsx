import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { CurtProblem, type Link, redirectStatuses } from "../../../client/client.ts";
import { api } from "../api/api.ts";
import { changed } from "../links/actions.tsx";
import { t } from "../texts/catalogue.ts";
import { BusyButton, Choice, Field, type Help, Switch, TextField, TimeField } from "../ui/field.tsx";
import { bare } from "../ui/format.ts";
import { useLayer } from "../ui/layers.tsx";
import { problemText } from "../ui/problem.ts";
import { TagInput } from "../ui/tag-input.tsx";
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
      <TextField
        label={t("field.target")}
        help={
          issue("url") ??
          (patch.url === undefined
            ? undefined
            : { kind: "plain", text: <span class="cut">{t("details.was", { what: bare(base.url) })}</span> })
        }
        reserve={false}
        inputRef={first}
        inputClass="long"
        code
        limit={8192}
        value={fields.url}
        onText={(url) => edit({ url })}
      />
      <TextField
        label={t("field.title")}
        help={issue("title")}
        reserve={false}
        limit={500}
        value={fields.title}
        onText={(title) => edit({ title })}
      />
      <Field label={t("field.tags")} help={issue("tags")} reserve={false}>
        {(id) => <TagInput id={id} tags={fields.tags} onChange={(tags) => edit({ tags })} />}
      </Field>
      <TextField
        label={t("field.note")}
        help={issue("note")}
        reserve={false}
        lines={2}
        limit={5000}
        value={fields.note}
        onText={(note) => edit({ note })}
      />
      <TimeField
        label={t("field.from")}
        help={issue("validFrom")}
        reserve={false}
        time={fields.from}
        onTime={(from) => edit({ from })}
      />
      <TimeField
        label={t("field.until")}
        help={ends ? bad(t("error.ends")) : issue("validUntil")}
        reserve={false}
        time={fields.until}
        onTime={(until) => edit({ until })}
      />
      <TextField
        label={t("field.atMost")}
        help={issue("maxClicks")}
        reserve={false}
        numeric
        placeholder={t("details.noLimit")}
        after={<span class="quiet">{t("field.clicks")}</span>}
        value={fields.most}
        onText={(most) => edit({ most })}
      />
      <Choice
        class="span6"
        label={t("field.redirect")}
        name="edit-status"
        values={redirectStatuses}
        chosen={fields.status ?? 302}
        onChoose={(status) => edit({ status })}
      />
      <Switch label={t("field.query")} on={fields.query} onSwitch={() => edit({ query: !fields.query })} />
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
