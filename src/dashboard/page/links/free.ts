import { useEffect, useState } from "preact/hooks";
import { Problem } from "../api/ask.ts";
import { readLink } from "../api/links.ts";
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

/** A free slug near a taken one: the first of a few that nobody has. */
async function near(slug: string, signal: AbortSignal): Promise<string | undefined> {
  for (const n of [2, 3, 4, 5]) {
    const other = `${slug}-${n}`;
    if (await isFree(other, signal).catch(() => false)) return other;
  }
  return undefined;
}

async function isFree(slug: string, signal: AbortSignal): Promise<boolean> {
  try {
    await readLink(slug, signal);
    return false;
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return true;
    throw error;
  }
}

/** As they are named in `docs/api.md`: what Curt answers itself. */
const reserved =
  /^(?:api|dashboard|healthz|readyz|metrics|generateUrl|redirect|shorten_url|rest|v4|yourls-api\.php|favicon\.ico|robots\.txt|\.well-known)(?:\/|$)/i;

async function answer(slug: string, signal: AbortSignal): Promise<Help | undefined> {
  if (reserved.test(slug)) return { kind: "bad", text: t("error.reserved") };
  try {
    if (await isFree(slug, signal)) return { kind: "good", text: t("error.free") };
    const other = await near(slug, signal);
    return { kind: "bad", text: other === undefined ? t("error.takenOnly") : t("error.taken", { slug: `/${other}` }) };
  } catch {
    return undefined;
  }
}
