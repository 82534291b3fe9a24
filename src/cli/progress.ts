import { Presets, SingleBar } from "cli-progress";

/** How far a long command is: shown on a terminal, and nowhere else. */
export interface Progress {
  /** `done` of the total, and what is said beside it. */
  update(done: number, remark: string): void;
  stop(): void;
}

const none: Progress = { update: () => undefined, stop: () => undefined };

/** Begins to show progress on stderr. `total`: 0 where it can't be known; then only the remark is shown. */
export function showProgress(label: string, total: number): Progress {
  if (process.stderr.isTTY !== true) return none;
  const format = total > 0 ? `${label} {bar} {percentage}% {remark}` : `${label} {remark}`;
  const options = {
    format,
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    fps: 5,
    gracefulExit: false,
  };
  const bar = new SingleBar(options, Presets.shades_classic);
  bar.start(total, 0, { remark: "" });
  return { update: (done, remark) => bar.update(done, { remark }), stop: () => bar.stop() };
}
