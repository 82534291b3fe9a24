import { figureOf, short } from "../figures.ts";
import { dataFolder, requests, strangers } from "../links.ts";
import { familyOf, openFiles, pssBytes } from "../machine.ts";
import { goal, type Scenario } from "../scenario.ts";
import { creates, startCurt } from "../servers.ts";
import { load } from "../wrk.ts";

const count = 1_000_000;

interface Sample {
  readonly minute: number;
  readonly memory: number;
  readonly files: number;
}

/** Ten minutes of everything at once. */
export const soak: Scenario = {
  name: "soak",
  about:
    "Ten minutes of full mixed load, followed links, unknown slugs and creates, on a million links with two workers: whether memory and open files stay where they are after the first three.",
  alone: true,
  run: async (bench) => {
    const minutes = bench.quick ? 0.5 : 10;
    const server = await startCurt(bench, { data: await dataFolder(count, bench), workers: 2, everywhere: true });
    const common = { seconds: Math.round(minutes * 60), anywhere: true };
    const links = { ...common, url: `${server.url}/`, paths: requests(count, "zipf", bench), connections: 32 };
    const unknown = {
      ...common,
      url: `${server.url}/`,
      paths: strangers(count, bench),
      connections: 8,
      refusalsWanted: true,
    };
    const making = { ...common, ...creates(server.url, server.key, bench), connections: 4 };
    const samples: Sample[] = [];
    const began = performance.now();
    let going = true;
    const watch = async () => {
      while (going) {
        await Bun.sleep(2_000);
        const pids = familyOf(server.pid);
        const minute = (performance.now() - began) / 60_000;
        samples.push({ minute, memory: pssBytes(pids) / 1e6, files: openFiles(pids) });
        if (samples.length % 15 === 0)
          bench.say(`minute ${minute.toFixed(1)}: ${short(samples.at(-1)?.memory ?? 0)} MB`);
      }
    };
    const watching = watch();
    const [followed, missed, made] = await Promise.all([load(links), load(unknown), load(making)]);
    going = false;
    await watching;
    const warm = samples.filter(({ minute }) => minute > minutes * 0.3 && minute < minutes - 0.05);
    const memory = slope(warm.map(({ minute, memory }) => [minute, memory]));
    const files = slope(warm.map(({ minute, files }) => [minute, files]));
    const troubled = server
      .output()
      .split("\n")
      .filter((line) => /"level":"error"|[Uu]nhandled|rejection/.test(line));
    const perMinute = (what: string) => (value: number) => `${value.toFixed(2)} ${what} a minute`;
    return {
      goals: [
        goal("ten minutes: memory flat (at most 2 MB a minute)", figureOf([memory]), { atMost: 2 }, perMinute("MB")),
        goal("ten minutes: open files flat", figureOf([files]), { atMost: 1 }, perMinute("files")),
        goal("ten minutes: no error, no rejected promise", figureOf([troubled.length]), { atMost: 0 }, short),
      ],
      tables: [
        {
          caption: `${short(minutes)} minutes`,
          columns: ["followed", "unknown", "made", "memory at a third, MB", "at the end, MB", "open files"],
          rows: [
            [
              ...[followed, missed, made].map(({ requests }) => requests.toLocaleString("en")),
              ...[warm[0], warm.at(-1)].map((one) => short(one?.memory ?? 0)),
              short(warm.at(-1)?.files ?? 0),
            ],
          ],
        },
      ],
      bars: [],
      notes: troubled.slice(0, 3),
    };
  },
};

/** By how much a line through the points rises for each unit (least squares). */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const over = points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0);
  return over / points.reduce((sum, [px]) => sum + (px - x) ** 2, 0);
}
