import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { may } from "../session.ts";
import { type TextName, t } from "../texts/catalogue.ts";
import { count } from "../ui/format.ts";
import { isAbort, problemText } from "../ui/problem.ts";
import { save } from "../ui/save.ts";
import { guess, type Meaning, meanings } from "./meaning.ts";
import type { Table } from "./read.ts";
import { type Progress, run } from "./run.ts";

/** Rows that are shown before anything is kept; rejected ones that are shown after. */
const [shownRows, shownRejected] = [20, 50];

const meaningText: Readonly<Record<Meaning, TextName>> = {
  url: "field.long",
  slug: "field.slug",
  title: "field.title",
  tags: "field.tags",
  note: "field.note",
  redirectStatus: "field.redirect",
  validFrom: "field.from",
  validUntil: "field.until",
  maxClicks: "field.atMost",
  disabled: "list.off",
  forwardQuery: "field.query",
  createdAt: "list.made",
};

type Stage =
  | { readonly is: "ready" }
  | { readonly is: "running"; readonly since: number }
  | { readonly is: "over"; readonly stopped: boolean; readonly problem: string | undefined };

/** What a file holds as it is understood; then how far it is in; then what came of it. */
export function Preview({ table, again }: { table: Table; again: () => void }): JSX.Element {
  const [columns, setColumns] = useState(() => guess(table.columns));
  const [stage, setStage] = useState<Stage>({ is: "ready" });
  const [progress, setProgress] = useState<Progress>({ done: 0, made: 0, rejected: [] });
  const stop = useRef(new AbortController());
  const total = table.rows.length;
  const known = columns.includes("url");

  async function go(): Promise<void> {
    setStage({ is: "running", since: performance.now() });
    try {
      await run(table, columns, may("admin"), setProgress, stop.current.signal);
      setStage({ is: "over", stopped: false, problem: undefined });
    } catch (error) {
      setStage({ is: "over", stopped: true, problem: isAbort(error) ? undefined : problemText(error) });
    }
  }
  const report = () => {
    const lines = progress.rejected.map(
      (one) => `${JSON.stringify({ row: one.row, reason: one.reason, ...one.line })}\n`,
    );
    save(lines, "curt-import-report.jsonl", "application/x-ndjson");
  };

  if (stage.is === "over") {
    const counts = { in: progress.made, out: progress.rejected.length };
    return (
      <section aria-live="polite">
        <h2 class="outcome">{t(stage.stopped ? "import.stopped" : "import.done", counts)}</h2>
        {stage.problem !== undefined && <p class="notice">{t("import.failed", { why: stage.problem })}</p>}
        <div class="import-acts">
          {progress.rejected.length > 0 && (
            <button type="button" class="button" onClick={report}>
              {t("import.report")}
            </button>
          )}
          <button type="button" class="button" onClick={again}>
            {t("import.other")}
          </button>
        </div>
        {progress.rejected.length > 0 && (
          <div class="wide-table">
            <table class="plain-table preview" aria-label={t("import.rejected")}>
              <thead>
                <tr>
                  <th scope="col">{t("import.row")}</th>
                  <th scope="col">{t("field.long")}</th>
                  <th scope="col">{t("import.reason")}</th>
                </tr>
              </thead>
              <tbody>
                {progress.rejected.slice(0, shownRejected).map((one) => (
                  <tr key={one.row}>
                    <td>{count(one.row)}</td>
                    <td class="long">{String(one.line.url ?? "")}</td>
                    <td>{one.reason}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
    );
  }
  if (stage.is === "running") {
    const seconds = (performance.now() - stage.since) / 1000;
    const rate = seconds > 0.5 ? Math.round(progress.done / seconds) : 0;
    return (
      <section>
        <progress class="progress" max={total} value={progress.done} aria-label={t("import.title")} />
        <p aria-live="polite">{t("import.running", { n: progress.done, all: total, rate })}</p>
        <div class="import-acts">
          <button type="button" class="button" onClick={() => stop.current.abort()}>
            {t("import.stop")}
          </button>
        </div>
      </section>
    );
  }
  return (
    <section>
      <header>
        <h2>{t("import.file", { name: table.name, n: total })}</h2>
        <span class="quiet">{t("import.preview", { n: Math.min(total, shownRows) })}</span>
      </header>
      <div
        class="wide-table"
        tabIndex={0}
        role="group"
        aria-label={t("import.preview", { n: Math.min(total, shownRows) })}
      >
        <table class="plain-table preview">
          <thead>
            <tr>
              {table.columns.map((column, i) => (
                <th key={`${i} ${column}`} scope="col">
                  <span class="original">{column}</span>
                  <select
                    aria-label={t("import.column", { name: column })}
                    value={columns[i] ?? ""}
                    onChange={(event) => {
                      const chosen = meanings.find((one) => one === event.currentTarget.value);
                      setColumns(columns.map((now, at) => (at === i ? chosen : now === chosen ? undefined : now)));
                    }}
                  >
                    <option value="">{t("import.skip")}</option>
                    {meanings.map((one) => (
                      <option key={one} value={one}>
                        {t(meaningText[one])}
                      </option>
                    ))}
                  </select>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.slice(0, shownRows).map((row, i) => (
              <tr key={i}>
                {table.columns.map((column, at) => (
                  <td key={`${at} ${column}`} class={columns[at] === undefined ? "quiet" : ""}>
                    {text(row[at])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="import-acts">
        <button type="button" class="button primary" aria-disabled={!known} onClick={() => known && void go()}>
          {t("import.go", { n: total })}
        </button>
        <button type="button" class="button" onClick={again}>
          {t("import.other")}
        </button>
        {!known && <span class="help is-bad">{t("import.noUrl")}</span>}
      </div>
    </section>
  );
}

function text(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
