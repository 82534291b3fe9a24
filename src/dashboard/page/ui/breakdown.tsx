import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import type { Group } from "../../../client/client.ts";
import { t } from "../texts/catalogue.ts";
import { count, percent } from "./format.ts";

export interface BreakdownProps {
  readonly groups: readonly Group[];
  readonly total: number;
  readonly shown: number;
  readonly nameOf: (value: string) => ComponentChildren;
  /** Without shares, as in "most used". */
  readonly bare?: boolean;
  readonly label: string;
}

/** Values by how often they came: a bar behind the words, the share, the count; the first few, then all. */
export function Breakdown({ groups, total, shown, nameOf, bare, label }: BreakdownProps): JSX.Element {
  const [all, setAll] = useState(false);
  const most = groups[0]?.clicks ?? 0;
  if (groups.length === 0) return <p class="quiet nothing-yet">{t("breakdown.none")}</p>;
  return (
    <>
      <table class="breakdown" aria-label={label}>
        <thead>
          <tr>
            <th scope="col">
              <span class="hidden">{label}</span>
            </th>
            {bare !== true && (
              <th scope="col" class="share">
                <span class="hidden">{t("breakdown.share")}</span>
              </th>
            )}
            <th scope="col" class="n">
              <span class="hidden">{t("list.clicks")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {groups.slice(0, all ? groups.length : shown).map((group) => (
            <tr key={group.value}>
              <th scope="row">
                <svg class="tintbar" aria-hidden="true" preserveAspectRatio="none" viewBox="0 0 100 1">
                  <rect width={most === 0 ? 0 : (100 * group.clicks) / most} height="1" />
                </svg>
                <span class="cut">{nameOf(group.value)}</span>
              </th>
              {bare !== true && <td class="share">{percent(group.clicks, total)}</td>}
              <td>{count(group.clicks)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {groups.length > shown && (
        <button type="button" class="textlink all" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? t("breakdown.fewer") : t("breakdown.all", { n: groups.length })}
        </button>
      )}
    </>
  );
}

/** The place of rows that are on their way, so that nothing below them moves when they come. */
export function Waiting({ rows, high = 30 }: { rows: number; high?: number }): JSX.Element {
  return <div class="waiting" aria-hidden="true" style={{ height: `${rows * high}px` }} />;
}

/** Sections that share a place, their names as its head. */
export function Tabs<Name extends string>(props: {
  readonly names: readonly (readonly [Name, string])[];
  readonly at: Name;
  readonly go: (name: Name) => void;
  readonly title?: string;
}): JSX.Element {
  return (
    <header class="tabs">
      {props.title !== undefined && <h2>{props.title}</h2>}
      <div role="group" aria-label={props.title ?? props.names.map(([, text]) => text).join(", ")}>
        {props.names.map(([name, text]) => (
          <button key={name} type="button" aria-pressed={name === props.at} onClick={() => props.go(name)}>
            {text}
          </button>
        ))}
      </div>
    </header>
  );
}
