import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import type { Dimension, Group } from "../../../client/client.ts";
import { readGroups, type Subject } from "../api/clicks.ts";
import { type TextName, t } from "../texts/catalogue.ts";
import { Breakdown, Tabs, Waiting } from "../ui/breakdown.tsx";
import { nameOfCode } from "../ui/format.ts";
import { useLoaded } from "../ui/load.ts";
import { Credit, countryName, WorldMap } from "../ui/map.tsx";
import type { Range } from "../ui/steps.ts";

export interface GroupsProps {
  readonly subject: Subject;
  readonly range: Range;
  readonly total: number;
}

/** Asked for again whenever the sum they are of has changed. */
function useGroups({ subject, range, total }: GroupsProps, by: Dimension): readonly Group[] | undefined {
  const key = `${subject ?? ""} ${range.from} ${range.to} ${range.unit} ${by} ${total}`;
  return useLoaded(key, (signal) => readGroups(subject, range, by, signal)).value;
}

/** What a value of a dimension is called. */
function nameOf(by: Dimension, value: string): ComponentChildren {
  if (by === "referrer" && value === "") return t("group.noReferrer");
  if (value === "") return <span class="quiet">{t("group.unknown")}</span>;
  if (by === "country") return countryName(value);
  if (by === "language") return nameOfCode("language", value);
  if (by === "device") return t(`device.${value}` as TextName);
  if (by === "region" || by === "city") return value.replace(/^([A-Z]{2})\W+(.+)$/, "$2 ($1)");
  return value;
}

const places = [
  ["country", "group.countries"],
  ["region", "group.regions"],
  ["city", "group.cities"],
] as const;

/** Always the same, so that the map need not be drawn again. */
const noGroups: readonly Group[] = [];

/** Where the clicks came from, on a map and as a table. */
export function Places(props: GroupsProps): JSX.Element {
  const [by, setBy] = useState<"country" | "region" | "city">("country");
  const countries = useGroups(props, "country");
  const shown = useGroups(props, by);
  const names = places.map(([name, text]) => [name, t(text)] as const);
  return (
    <section class="places">
      <Tabs names={names} at={by} go={setBy} title={t("group.countries")} />
      <div class="places-body">
        <WorldMap groups={countries ?? noGroups} total={props.total} />
        <div>
          {shown === undefined ? (
            <Waiting rows={12} />
          ) : (
            <Breakdown
              key={by}
              groups={shown}
              total={props.total}
              shown={12}
              label={t(places.find(([name]) => name === by)?.[1] ?? "group.countries")}
              nameOf={(value) => nameOf(by, value)}
            />
          )}
        </div>
      </div>
      <Credit />
    </section>
  );
}

const thirds: readonly (readonly (readonly [Dimension, TextName])[])[] = [
  [
    ["referrer", "group.referrers"],
    ["utm_source", "group.source"],
    ["utm_medium", "group.medium"],
    ["utm_campaign", "group.campaign"],
  ],
  [
    ["browser", "group.browsers"],
    ["os", "group.systems"],
  ],
  [
    ["device", "group.devices"],
    ["language", "group.languages"],
  ],
];

/** What visitors came from and with, in three columns. */
export function Breakdowns(props: GroupsProps): JSX.Element {
  return (
    <div class="thirds">
      {thirds.map((dimensions) => (
        <Dimensions key={dimensions[0]?.[0]} {...props} dimensions={dimensions} />
      ))}
    </div>
  );
}

/** One place for two or more dimensions. */
function Dimensions({
  dimensions,
  ...props
}: GroupsProps & { dimensions: readonly (readonly [Dimension, TextName])[] }): JSX.Element {
  const [by, setBy] = useState<Dimension>(dimensions[0]?.[0] ?? "referrer");
  const groups = useGroups(props, by);
  const name = t(dimensions.find(([one]) => one === by)?.[1] ?? "group.referrers");
  const others = dimensions.map(([one, text]) => [one, t(text)] as const);
  return (
    <section>
      <Tabs names={others} at={by} go={setBy} />
      {groups === undefined ? (
        <Waiting rows={6} />
      ) : (
        <Breakdown
          key={by}
          groups={groups}
          total={props.total}
          shown={6}
          label={name}
          nameOf={(value) => nameOf(by, value)}
        />
      )}
    </section>
  );
}
