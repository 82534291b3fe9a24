import type { CDPSession, Page } from "playwright-core";

/** What the page's main thread did without a pause; in ms. */
export interface Task {
  readonly took: number;
  /** Of the processor: on a machine that others use, what is slow for want of one can be told from what is slow. */
  readonly cpu: number;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** In µs. */
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** Chromium's own trace of a page while something is done in it. */
export class Trace {
  private constructor(private readonly session: CDPSession) {}

  static async start(page: Page): Promise<Trace> {
    const session = await page.context().newCDPSession(page);
    await session.send("Tracing.start", {
      transferMode: "ReturnAsStream",
      traceConfig: {
        includedCategories: ["toplevel", "devtools.timeline", "__metadata"],
        recordMode: "recordContinuously",
      },
    });
    return new Trace(session);
  }

  /** The tasks of the main threads of pages, longest first, and what the longest of them were made of. */
  async end(): Promise<{ readonly tasks: Task[]; readonly longest: string[] }> {
    const complete = new Promise<string>((resolve) =>
      this.session.once("Tracing.tracingComplete", ({ stream }) => resolve(stream ?? "")),
    );
    await this.session.send("Tracing.end");
    const events = await this.#read(await complete);
    await this.session.detach();
    const main = new Set(
      events
        .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
        .map(({ pid, tid }) => `${pid} ${tid}`),
    );
    const inMain = events.filter(({ pid, tid, ph }) => ph === "X" && main.has(`${pid} ${tid}`));
    const tasks = inMain.filter(({ name }) => name.endsWith("RunTask")).sort((a, b) => (b.dur ?? 0) - (a.dur ?? 0));
    const parts = ({ ts, dur = 0, pid, tid }: TraceEvent) =>
      inMain
        .filter((one) => one.pid === pid && one.tid === tid && one.ts >= ts && one.ts + (one.dur ?? 0) <= ts + dur)
        .filter(({ name, dur: own = 0 }) => !name.endsWith("RunTask") && own > dur / 20)
        .sort((a, b) => (b.dur ?? 0) - (a.dur ?? 0))
        .slice(0, 8)
        .map(({ name, dur: own = 0 }) => `${name} ${ms(own)}`);
    return {
      tasks: tasks.map(({ dur = 0, tdur = dur }) => ({ took: dur / 1000, cpu: tdur / 1000 })),
      longest: tasks.slice(0, 5).map((task) => `${ms(task.dur ?? 0)} ms: ${parts(task).join(", ")}`),
    };
  }

  async #read(handle: string): Promise<TraceEvent[]> {
    let text = "";
    for (;;) {
      const { data, eof } = await this.session.send("IO.read", { handle, size: 1 << 24 });
      text += data;
      if (eof) break;
    }
    await this.session.send("IO.close", { handle });
    return (JSON.parse(text) as { traceEvents: TraceEvent[] }).traceEvents;
  }
}

function ms(us: number): string {
  return (us / 1000).toFixed(1);
}
