import type { JSX } from "preact";
import type { Visit } from "../../../client/client.ts";
import { api } from "../api/api.ts";
import type { Live } from "../api/live.ts";
import { t } from "../texts/catalogue.ts";
import { age } from "../ui/format.ts";
import { useLoaded } from "../ui/load.ts";
import { Credit, countryName } from "../ui/map.tsx";

/** How often visits are asked for again while nothing is heard live, in ms. */
const every = 5000;

/** The latest visits, the last first; asked for again when somebody came. */
export function useVisits(slug: string, stats: boolean, { counts, on }: Live): readonly Visit[] | undefined {
  return useLoaded(
    `${slug} ${stats} ${counts === undefined ? "" : counts.total + counts.bots}`,
    async (signal) => (stats ? (await api.clicks.visits(slug, { limit: 100 }, { signal })).events : undefined),
    on ? undefined : every,
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
      <Credit />
    </section>
  );
}
