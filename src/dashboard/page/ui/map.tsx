import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Group } from "../../../client/client.ts";
import { count, language, nameOfCode, percent } from "./format.ts";
import { columns, rows, type Tile, tiles } from "./world.ts";

/** Shares from which a square is a step darker, up to 5: 1.5, 5, 20 and 30 % as they are rounded. */
const stepsFrom = [0, 0.0145, 0.0495, 0.195, 0.295];
/** From this share on, a square has its letters. */
const lettersFrom = 0.0145;

function stepOf(share: number): number {
  if (share <= 0) return 0;
  return stepsFrom.filter((from) => share >= from).length;
}

/** The name of a country in the language shown; the code where there is none. */
export function countryName(code: string): string {
  return /^[A-Z]{2}$/.test(code) ? nameOfCode("region", code) : code;
}

/** Countries as equal squares in a schematic world. The table beside it says the same in words. */
export function WorldMap({ groups, total }: { groups: readonly Group[]; total: number }): JSX.Element {
  // Two hundred squares with their words: drawn again only when they say something else.
  return useMemo(() => drawn(groups, total), [groups, total, language.value]);
}

function drawn(groups: readonly Group[], total: number): JSX.Element {
  const clicks = new Map(groups.map((group) => [group.value, group.clicks]));
  const shareOf = (tile: Tile) => (total === 0 ? 0 : (clicks.get(tile.code) ?? 0) / total);
  return (
    <svg class="map" viewBox={`0 0 ${columns * 22 - 2} ${rows * 22 - 2}`} aria-hidden="true">
      {tiles.map((tile) => {
        const share = shareOf(tile);
        const step = stepOf(share);
        return (
          <g key={tile.code}>
            <rect class={`step${step}`} x={tile.column * 22} y={tile.row * 22} width="20" height="20">
              <title>{`${countryName(tile.code)}: ${count(clicks.get(tile.code) ?? 0)}, ${percent(clicks.get(tile.code) ?? 0, total)}`}</title>
            </rect>
            {share >= lettersFrom && (
              <text class={`on${step}`} x={tile.column * 22 + 10} y={tile.row * 22 + 13.5}>
                {tile.code}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}

/** Whose data says where an address is: their licence (CC BY 4.0) asks for it wherever places are shown. */
export function Credit(): JSX.Element {
  return (
    <p class="credit">
      <a href="https://db-ip.com" target="_blank" rel="noopener noreferrer" lang="en">
        IP Geolocation by DB-IP
      </a>
      , CC BY 4.0
    </p>
  );
}
