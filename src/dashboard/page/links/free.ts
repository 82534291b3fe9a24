import { useEffect, useState } from "preact/hooks";
import { api } from "../api/api.ts";
import { t } from "../texts/catalogue.ts";
import type { Help } from "../ui/field.tsx";

/** How long after the last key it is asked, in ms. */
const pause = 250;

/** Whether a slug is free, asked of the server while it is typed. */
export function useFree(slug: string, valid: boolean): Help | undefined {
  const [help, setHelp] = useState<Help | undefined>(undefined);
  useEffect(() => {
    setHelp(undefined);
    if (slug === "" || !valid) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      void answer(slug, stop.signal).then((found) => {
        if (!stop.signal.aborted) setHelp(found);
      });
    }, pause);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [slug, valid]);
  return help;
}

async function answer(slug: string, signal: AbortSignal): Promise<Help | undefined> {
  try {
    const { reason, message, suggestion } = await api.links.slug(slug, { signal });
    if (reason === null) return { kind: "good", text: t("error.free") };
    if (reason === "reserved") return { kind: "bad", text: t("error.reserved") };
    if (reason === "invalid") return { kind: "bad", text: message };
    return {
      kind: "bad",
      text: suggestion === null ? t("error.takenOnly") : t("error.taken", { slug: `/${suggestion}` }),
    };
  } catch {
    return undefined;
  }
}
