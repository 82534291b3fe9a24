import type { JSX } from "preact";
import { redirectStatuses } from "../../../client/client.ts";
import { type TextName, t } from "../texts/catalogue.ts";
import { Choice, Field, type Help, Switch, TextField, TimeField } from "../ui/field.tsx";
import { zone } from "../ui/format.ts";
import { TagInput } from "../ui/tag-input.tsx";
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
          <TextField
            label={t("field.slug")}
            aside={t("field.slugAside")}
            help={bad(problems.slug) ?? free}
            boxClass="typed"
            before={<span class="before">{location.host}/</span>}
            code
            autocomplete="off"
            limit={128}
            value={draft.slug}
            onText={(text) => edit({ slug: text.trim() })}
          />
        </div>
        <div class="span3">
          <TextField
            label={t("field.title")}
            help={plain(t("field.titleHelp"))}
            limit={500}
            value={draft.title}
            onText={(title) => edit({ title })}
          />
        </div>
        <div class="span3">
          <Field label={t("field.tags")} reserve={false}>
            {(id) => <TagInput id={id} tags={draft.tags} onChange={(tags) => edit({ tags })} />}
          </Field>
        </div>
        <div class="span3">
          <TextField
            label={t("field.note")}
            aside={t("field.noteAside")}
            reserve={false}
            lines={1}
            placeholder={t("field.noteHint")}
            limit={5000}
            value={draft.note}
            onText={(note) => edit({ note })}
          />
        </div>
        <div class="span2">
          <TimeField
            label={t("field.from")}
            help={plain(t("field.fromHelp", { zone }))}
            time={draft.from}
            onTime={(from) => edit({ from })}
          />
        </div>
        <div class="span2">
          <TimeField
            label={t("field.until")}
            help={bad(problems.until) ?? plain(<Spans edit={edit} />)}
            time={draft.until}
            onTime={(until) => edit({ until })}
          />
        </div>
        <div class="span2">
          <TextField
            label={t("field.atMost")}
            help={bad(problems.most) ?? plain(t("field.atMostHelp"))}
            numeric
            limit={20}
            after={<span class="quiet">{t("field.clicks")}</span>}
            value={draft.most}
            onText={(most) => edit({ most })}
          />
        </div>
        <Choice
          class="span6"
          label={t("field.redirect")}
          aside={t(`status.${status}` as TextName)}
          name="status"
          values={redirectStatuses}
          chosen={status}
          onChoose={(one) => edit({ status: one })}
        />
        <Switch
          class="span3"
          label={t("field.query")}
          help={<span class="typed">{t("field.queryHelp", { slug: draft.slug || "…" })}</span>}
          on={draft.query}
          onSwitch={() => edit({ query: !draft.query })}
        />
        <Switch
          class="span3"
          label={t("field.reuse")}
          help={t("field.reuseHelp")}
          on={draft.reuse}
          onSwitch={() => edit({ reuse: !draft.reuse })}
        />
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
