import type { JSX } from "preact";
import { type Counts, states } from "../../../client/client.ts";
import { listLinks, noFilter } from "../links/filter.ts";
import { addressOfFilter } from "../links/page.tsx";
import { linkAt } from "../route.ts";
import { t } from "../texts/catalogue.ts";
import { Breakdown, Waiting } from "../ui/breakdown.tsx";
import { age, bare, count } from "../ui/format.ts";
import { useLoaded } from "../ui/load.ts";
import { StateShape } from "../ui/state-shape.tsx";

/** Links that a list shows, and how often the newest are asked for again, in ms. */
const [few, every] = [8, 10_000];

/** The links that are used most, of all time. Counted with the links, so of many links not at once. */
export function MostUsed({ totals }: { totals: Counts | undefined }): JSX.Element {
  const top = totals?.top?.slice(0, few).map(({ slug, clicks }) => ({ value: slug, clicks }));
  return (
    <section>
      <header>
        <h2>{t("overview.most")}</h2>
        <span class="quiet">{t("overview.allTime")}</span>
      </header>
      {top === undefined ? (
        <Waiting rows={few} />
      ) : (
        <Breakdown
          groups={top}
          total={0}
          shown={few}
          bare
          label={t("overview.most")}
          nameOf={(slug) => (
            <a class="typed slug" href={linkAt(slug)}>
              /{slug}
            </a>
          )}
        />
      )}
    </section>
  );
}

/** The links that were made last. */
export function Newest(): JSX.Element {
  const links = useLoaded("newest", (signal) => listLinks(noFilter, few, null, signal), every).value?.links;
  return (
    <section class="newest">
      <header>
        <h2>{t("overview.newest")}</h2>
      </header>
      {links?.length === 0 && <p class="quiet nothing-yet">{t("overview.none")}</p>}
      {links === undefined && <Waiting rows={few} high={29} />}
      <ol>
        {links?.map((link) => (
          <li key={link.slug}>
            <a class="typed slug cut" href={linkAt(link.slug)}>
              /{link.slug}
            </a>
            <span class="cut quiet">{link.title ?? bare(link.url)}</span>
            <time dateTime={link.createdAt}>{age(link.createdAt)}</time>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** How many links there are in each state; each leads to its list. */
export function ByState({ totals }: { totals: Counts | undefined }): JSX.Element {
  return (
    <section class="by-states">
      <header>
        <h2>{t("overview.states")}</h2>
      </header>
      <ul>
        {states.map((state) => (
          <li key={state}>
            <StateShape state={state} />
            <a href={addressOfFilter({ ...noFilter, state })}>{t(`state.${state}`)}</a>
            <b>{totals?.states == null ? "–" : count(totals.states[state])}</b>
          </li>
        ))}
      </ul>
    </section>
  );
}
