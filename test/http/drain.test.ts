/** Leaving: whoever was read is answered, on every connection, and the mutant shows that this is no luck. */
import { expect, test } from "bun:test";
import { startParts } from "./parts.ts";

/** Asks again and again over one connection until it is told that the connection ends; requests without an answer. */
async function visit(port: number, path: string): Promise<{ answers: number; cut: number; told: boolean }> {
  const request = `GET ${path} HTTP/1.1\r\nHost: curt.example\r\n\r\n`;
  const closed = Promise.withResolvers<void>();
  let answers = 0;
  let waiting = false;
  let told = false;
  let text = "";
  const ask = (socket: { write(data: string): number }) => {
    waiting = true;
    socket.write(request);
  };
  await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: ask,
      data: (socket, bytes) => {
        text += bytes.toString();
        if (!text.includes("\r\n\r\n")) return;
        answers++;
        waiting = false;
        told ||= /^connection: close/im.test(text);
        text = "";
        if (!told) ask(socket);
      },
      close: () => closed.resolve(),
      error: () => closed.resolve(),
    },
  });
  await closed.promise;
  return { answers, cut: waiting ? 1 : 0, told };
}

async function leaveUnderLoad(mutants: string[]) {
  const parts = startParts({ mutants });
  await parts.ask("POST", "/api/v1/links", { url: "https://example.com/", slug: "hot" });
  const visits = Array.from({ length: 32 }, (_, i) => visit(parts.server.port, i % 2 === 0 ? "/hot" : "/nothing"));
  await Bun.sleep(300);
  await parts.server.drain();
  const all = await Promise.all(visits);
  return {
    answers: all.reduce((sum, one) => sum + one.answers, 0),
    cut: all.reduce((sum, one) => sum + one.cut, 0),
    told: all.filter((one) => one.told).length,
  };
}

test("every request that was sent is answered, and every connection is told", async () => {
  const { answers, cut, told } = await leaveUnderLoad([]);
  expect({ cut, told }).toEqual({ cut: 0, told: 32 });
  // Each was answered before it was told, however busy the machine is.
  expect(answers).toBeGreaterThan(32);
}, 20_000);

test("without the drain requests are cut", async () => {
  expect((await leaveUnderLoad(["no-drain"])).cut).toBeGreaterThan(0);
}, 20_000);

test("a request that takes longer than the drain is answered, and readiness says that we leave", async () => {
  const parts = startParts();
  parts.store.before = (operation) => (operation === "find" ? Bun.sleep(1800) : undefined);
  const slow = fetch(`${parts.url}/slow`);
  await Bun.sleep(100);
  const drained = parts.server.drain();
  expect(parts.server.drain()).toBe(drained);
  const ready = await fetch(`${parts.url}/readyz`);
  expect([ready.status, ready.headers.get("connection")]).toEqual([503, "close"]);
  expect((await fetch(`${parts.url}/healthz`)).status).toBe(200);
  expect((await slow).status).toBe(404);
  await drained;
  expect(await fetch(`${parts.url}/healthz`).catch(() => "refused")).toBe("refused");
}, 20_000);
