/** What a raw connection got: the statuses of the answers in order, all text, and whether the server closed it. */
export interface RawAnswer {
  readonly statuses: number[];
  readonly text: string;
  readonly closedAfter: number | undefined;
}

/** Bytes to send, and milliseconds to wait before the next of them. */
export type Sending = string | Uint8Array | number;

/** Sends bytes over a connection of its own and collects what comes until it is closed or `wait` ms are over. */
export async function raw(port: number, sendings: readonly Sending[], wait = 300): Promise<RawAnswer> {
  let text = "";
  let closedAfter: number | undefined;
  const begun = performance.now();
  const closed = Promise.withResolvers<void>();
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data: (_, bytes) => {
        text += new TextDecoder("latin1").decode(bytes);
      },
      close: () => {
        closedAfter = performance.now() - begun;
        closed.resolve();
      },
      error: () => closed.resolve(),
    },
  });
  for (const sending of sendings) {
    if (closedAfter !== undefined) break;
    if (typeof sending === "number") await Bun.sleep(sending);
    else socket.write(sending);
  }
  await Promise.race([closed.promise, Bun.sleep(wait)]);
  const shut = closedAfter;
  socket.terminate();
  const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map((match) => Number(match[1]));
  return { statuses, text, closedAfter: shut };
}
