import type { JSX } from "preact";
import { ask } from "../api/ask.ts";
import { t } from "../texts/catalogue.ts";
import { age } from "../ui/format.ts";
import { useLoaded } from "../ui/load.ts";
import { countryName } from "../ui/map.tsx";

export interface Visit {
  readonly time: string;
  readonly country?: string | null;
  readonly city?: string | null;
  readonly browser?: string | null;
  readonly bot?: string | null;
  readonly slug?: string;
}

/** The latest visits, the last first; asked for again every 2 s while the page is looked at. */
export function useVisits(slug: string): readonly Visit[] | undefined {
  return useLoaded(
    slug,
    async (signal) =>
      (await ask<{ events: readonly Visit[] }>("GET", `/links/${encodeURIComponent(slug)}/events`, { signal })).events,
    2000,
  ).value;
}

export function Visits({ slug }: { slug: string }): JSX.Element | null {
  const visits = useVisits(slug);
  if (visits === undefined) return null;
  return (
    <section class="visits">
      <header>
        <h2>
          <i class="live" />
          {t("visits.title")}
        </h2>
      </header>
      {visits.length === 0 ? (
        <p class="quiet nothing-yet">{t("visits.none")}</p>
      ) : (
        <ol>
          {visits.slice(0, 6).map((visit) => (
            <li key={visit.time}>
              <time dateTime={visit.time}>{age(visit.time)}</time>
              <span class={`cut${visit.bot ? " quiet" : ""}`}>
                {visit.bot ? t("visits.bot") : (visit.city ?? countryName(visit.country ?? "") ?? "")}
              </span>
              <span class="cut">{visit.bot || visit.browser}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
