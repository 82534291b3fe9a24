import { Histogram } from "../../core/histogram.ts";
import type { Sample } from "./table.ts";

/** How often the event loop is looked at, in ms. */
const every = 100;

/** What a process knows of itself: memory, processor time, and how late its event loop is. */
export function watchSelf(processName: "main" | "worker" | "clerk"): () => Sample[] {
  const delay = new Histogram();
  let due = performance.now() + every;
  const timer = setInterval(() => {
    const now = performance.now();
    delay.add(Math.max(0, now - due) / 1000);
    due = now + every;
  }, every);
  timer.unref();
  const labels = { process: processName };
  return () => {
    const { user, system } = process.cpuUsage();
    return [
      { name: "curt_event_loop_delay_seconds", labels, value: delay.counts },
      { name: "curt_memory_bytes", labels, value: process.memoryUsage.rss() },
      { name: "curt_cpu_seconds_total", labels, value: (user + system) / 1e6 },
    ];
  };
}
