import type { JSX } from "preact";
import type { Visit } from "../../../client/client.ts";
import { api } from "../api/api.ts";
import { t } from "../texts/catalogue.ts";
import { age } from "../ui/format.ts";
import { useLoaded } from "../ui/load.ts";
import { countryName } from "../ui/map.tsx";

/** The latest visits, the last first; asked for again every 2 s while the page is looked at. */
export function useVisits(slug: string, stats: boolean): readonly Visit[] | undefined {
  return useLoaded(
    `${slug} ${stats}`,
    async (signal) => (stats ? (await api.clicks.visits(slug, { limit: 100 }, { signal })).events : undefined),
    2000,
  ).value;
}

/** Where somebody was, as near as it is known. */
export function placeOf({ bot, city, country }: Visit): string {
  if (bot) return t("visits.bot");
  if (city) return city;
  return country ? countryName(country) : t("group.unknown");
}

export function Visits({ visits }: { visits: readonly Visit[] | undefined }): JSX.Element | null {
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
              <span class={`cut${visit.bot ? " quiet" : ""}`}>{placeOf(visit)}</span>
              <span class="cut">{visit.browser ?? visit.bot}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
