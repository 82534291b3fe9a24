import type { JSX } from "preact";
import { at, go } from "../route.ts";
import { t } from "../texts/catalogue.ts";
import { copyText } from "../ui/copy.tsx";
import { toast } from "../ui/toast.tsx";

function Example({ title, code }: { title: string; code: string }): JSX.Element {
  const copy = async () => {
    if (await copyText(code)) toast(t("common.copied"));
  };
  return (
    <section>
      <header>
        <h2>{title}</h2>
        <button type="button" class="plain" onClick={() => void copy()}>
          {t("common.copy")}
        </button>
      </header>
      <pre class="typed">{code}</pre>
    </section>
  );
}

/** What stands where the list will be, and teaches. */
export function Empty(): JSX.Element {
  const program = `curl ${location.origin}/api/v1/links \\\n  -H "Authorization: Bearer $CURT_KEY" \\\n  --json '{"url":"https://acme.dev/a/long/way/down"}'`;
  return (
    <div class="empty">
      <div>
        <h1 class="say">
          <span class="mark">{t("empty.say")}</span>
          <i class="stop" />
        </h1>
        <p>
          {t("empty.one")}
          <br />
          {t("empty.two")}
        </p>
      </div>
      <div>
        <Example title={t("empty.terminal")} code="curt add https://acme.dev/a/long/way/down --slug down" />
        <Example title={t("empty.program")} code={program} />
        <section>
          <header>
            <h2>{t("empty.elsewhere")}</h2>
            <button type="button" class="plain" onClick={() => go(at("/import"))}>
              {t("empty.pick")}
            </button>
          </header>
          <p>{t("empty.drop")}</p>
        </section>
      </div>
    </div>
  );
}
