/** What a raw connection got: the statuses of the answers in order, all text, and whether the server closed it. */
export interface RawAnswer {
  readonly statuses: number[];
  readonly text: string;
  readonly closedAfter: number | undefined;
}

/** Bytes to send, and milliseconds to wait before the next of them. */
export type Sending = string | Uint8Array | number;

/**
 * Sends bytes over a connection of its own and collects what comes until it is closed, until `quiet` ms after the last
 * bytes that came, or until `wait` ms are over.
 */
export async function raw(port: number, sendings: readonly Sending[], wait = 2000, quiet = 40): Promise<RawAnswer> {
  let text = "";
  let timer: Timer | undefined;
  let sent = false;
  const over = Promise.withResolvers<void>();
  let closedAfter: number | undefined;
  const begun = performance.now();
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data: (_, bytes) => {
        text += new TextDecoder("latin1").decode(bytes);
        clearTimeout(timer);
        if (sent) timer = setTimeout(over.resolve, quiet);
      },
      close: () => {
        closedAfter = performance.now() - begun;
        over.resolve();
      },
      error: () => over.resolve(),
    },
  });
  for (const sending of sendings) {
    if (closedAfter !== undefined) break;
    if (typeof sending === "number") await Promise.race([Bun.sleep(sending), over.promise]);
    else socket.write(sending);
  }
  sent = true;
  if (text !== "") timer = setTimeout(over.resolve, quiet);
  await Promise.race([over.promise, Bun.sleep(wait)]);
  clearTimeout(timer);
  const shut = closedAfter;
  socket.terminate();
  const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map((match) => Number(match[1]));
  return { statuses, text, closedAfter: shut };
}
