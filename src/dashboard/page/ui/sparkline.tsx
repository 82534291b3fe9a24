import type { JSX } from "preact";

/** Thirty days as bars of 2 px, the last one today. `undefined`: not known yet, and nothing is drawn but the ground. */
export function Sparkline({ days }: { days: readonly number[] | undefined }): JSX.Element {
  const most = Math.max(1, ...(days ?? []));
  const bars = (days ?? []).map((clicks, i) => ({
    x: i * 3,
    high: clicks === 0 ? 0 : Math.max(1, (18 * clicks) / most),
  }));
  const path = (some: typeof bars) => some.map(({ x, high }) => `M${x} ${19 - high}h2V19h-2z`).join("");
  return (
    <svg class="sparkline" width="90" height="20" viewBox="0 0 90 20" aria-hidden="true">
      <path d="M0 18.5h90" class="ground" />
      <path d={path(bars.slice(0, -1).filter((bar) => bar.high > 0))} class="past" />
      <path d={path(bars.slice(-1).filter((bar) => bar.high > 0))} class="today" />
    </svg>
  );
}
