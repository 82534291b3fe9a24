import { Load } from "../load.ts";
import type { Server } from "../server.ts";

/** What became of visitors who each wanted to be led on once. */
export interface Visits {
  readonly redirects: number;
  readonly gone: number;
  /** Asked to come back later, and told so still when they had come back often. */
  readonly refused: number;
  /** Got no whole answer. */
  readonly failed: number;
  /** What no visitor of a link with a limit may get. */
  readonly others: number;
}

/** How often a visitor comes back who is asked to. */
const mostTries = 100;

/**
 * Sends visitors to a slug, each on a connection of his own, in turn to each server: first all of them connect, then all
 * ask at once. One who gets 503 asks again until he gets another answer; one whose connection ends has failed.
 */
export async function visitAtOnce(
  servers: readonly Pick<Server, "url">[],
  slug: string,
  count: number,
): Promise<Visits> {
  const starters: (() => Promise<string>)[] = [];
  // Some at a time: a listen queue is 512 long.
  for (let from = 0; from < count; from += 200)
    starters.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(200, count - from) }, (_, i) =>
          connected(servers[(from + i) % servers.length] as Server, slug),
        ),
      )),
    );
  const ends = await Promise.all(starters.map((ask) => ask()));
  const of = (...wanted: string[]) => ends.filter((end) => wanted.includes(end)).length;
  const visits = { redirects: of("302"), gone: of("410"), refused: of("503"), failed: of("failed") };
  return { ...visits, others: count - Object.values(visits).reduce((sum, one) => sum + one, 0) };
}

/**
 * Sends visitors to a slug, 16 on each server at any time, until it has been over for a while and `ended` says so (at most
 * for 120 s). Nobody asks again for somebody who got no answer.
 */
export async function visitOneAfterAnother(
  servers: readonly Pick<Server, "url">[],
  slug: string,
  ended: () => boolean,
): Promise<Visits> {
  const visits = { redirects: 0, gone: 0, refused: 0, failed: 0, others: 0 };
  const loads = servers.map(
    ({ url }) =>
      new Load({
        url,
        path: `/${slug}`,
        connections: 16,
        sent: () => true,
        answered: ({ status }) => {
          if (status === 302) visits.redirects++;
          else if (status === 410) visits.gone++;
          else if (status === 503) visits.refused++;
          else visits.others++;
        },
        failed: (_, request) => {
          if (request) visits.failed++;
        },
      }),
  );
  const until = performance.now() + 120_000;
  while (performance.now() < until && !(ended() && visits.gone > 500)) await Bun.sleep(20);
  await Promise.all(loads.map((load) => load.stop()));
  return visits;
}

/** A visitor who is connected, and asks when called: gives the status that he got in the end, or `failed`. */
async function connected({ url }: Pick<Server, "url">, slug: string): Promise<() => Promise<string>> {
  const { hostname, port, host } = new URL(url);
  const request = `GET /${slug} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const ended = Promise.withResolvers<string>();
  let tries = 0;
  try {
    const socket = await Bun.connect({
      hostname,
      port: Number(port),
      socket: {
        data: (socket, bytes) => {
          // The head of an answer is one packet on the loopback; what follows it says nothing more.
          const status = /^HTTP\/1\.1 (\d{3})/.exec(bytes.toString("latin1"))?.[1];
          if (status === undefined) return;
          if (status === "503" && ++tries < mostTries) {
            setTimeout(() => socket.write(request), 100);
            return;
          }
          ended.resolve(status);
          socket.end();
        },
        close: () => ended.resolve("failed"),
        error: () => ended.resolve("failed"),
      },
    });
    return () => {
      socket.write(request);
      return ended.promise;
    };
  } catch {
    return async () => "failed";
  }
}
