import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type ExportFormat, exportLinks } from "../links/export.ts";
import { may } from "../session.ts";
import { counted } from "../shell/frame.tsx";
import { t } from "../texts/catalogue.ts";
import { Cell, useCell } from "../ui/cell.ts";
import { count } from "../ui/format.ts";
import { problemText } from "../ui/problem.ts";
import { toast } from "../ui/toast.tsx";
import { Preview } from "./preview.tsx";
import { mostRows, readTable, type Table } from "./read.ts";

/** A file that was dropped on another page. */
export const dropped = new Cell<File | undefined>(undefined);

/** Links in from a file, and all links out. */
export function ImportPage(): JSX.Element {
  const [table, setTable] = useState<Table>();
  const [problem, setProblem] = useState<string>();
  const [over, setOver] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const waiting = useCell(dropped);

  async function take(given: File | undefined): Promise<void> {
    if (given === undefined) return;
    setProblem(undefined);
    try {
      const read = await readTable(given);
      if (read === undefined) setProblem(t("import.tooBig", { n: mostRows }));
      else if (read.rows.length === 0) setProblem(t("import.empty"));
      else setTable(read);
    } catch (error) {
      setProblem(t("import.unreadable", { why: error instanceof Error ? error.message : String(error) }));
    }
  }
  useEffect(() => {
    if (waiting === undefined) return;
    dropped.value = undefined;
    void take(waiting);
  }, [waiting]);
  useEffect(() => {
    document.title = `${t("nav.import")} · Curt`;
    counted.value = undefined;
  }, []);
  // The whole page takes a file.
  useEffect(() => {
    const dragged = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes("Files") !== true) return;
      event.preventDefault();
      setOver(event.type === "dragover");
      if (event.type === "drop") void take(event.dataTransfer.files[0]);
    };
    const kinds = ["dragover", "dragleave", "drop"] as const;
    for (const kind of kinds) addEventListener(kind, dragged);
    return () => {
      for (const kind of kinds) removeEventListener(kind, dragged);
    };
  }, []);

  return (
    <main class="page">
      <h1 class="say title">
        <span class="mark">{t("import.title")}</span>
        <i class="stop" />
      </h1>
      {table === undefined ? (
        <div class={`drop${over ? " over" : ""}`}>
          <p>{t("import.drop")}</p>
          <p>{t("import.why")}</p>
          <input
            ref={file}
            hidden
            type="file"
            accept=".csv,.tsv,.txt,.json,.jsonl,.ndjson,text/csv,application/json"
            onChange={(event) => void take(event.currentTarget.files?.[0])}
          />
          <button type="button" class="button primary" onClick={() => file.current?.click()}>
            {t("import.pick")}
          </button>
          {problem !== undefined && (
            <div class="help is-bad" role="alert">
              {problem}
            </div>
          )}
        </div>
      ) : (
        <Preview key={table.name} table={table} again={() => setTable(undefined)} />
      )}
      {may("links:read") && <Export />}
    </main>
  );
}

function Export(): JSX.Element {
  const [n, setN] = useState<number>();
  const go = async (format: ExportFormat) => {
    if (n !== undefined) return;
    setN(0);
    try {
      toast(t("export.done", { n: await exportLinks({ format }, setN) }));
    } catch (error) {
      toast(t("export.failed", { why: problemText(error, false) }));
    }
    setN(undefined);
  };
  return (
    <section>
      <header>
        <h2>{t("export.title")}</h2>
      </header>
      <p class="page-why">{t("export.why")}</p>
      <div class="import-acts">
        <button type="button" class="button" aria-disabled={n !== undefined} onClick={() => void go("csv")}>
          {n === undefined ? t("export.go") : t("export.running", { n: count(n) })}
        </button>
        <button type="button" class="button" aria-disabled={n !== undefined} onClick={() => void go("jsonl")}>
          {t("export.goJson")}
        </button>
      </div>
    </section>
  );
}
