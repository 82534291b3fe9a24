/** A port that can't be had; the message is the one line to print. */
export class PortRefused extends Error {
  override readonly name = "PortRefused";
}

/** How long a port may be taken, in ms: the workers of a main that was killed need a moment to leave. */
const patience = 1000;

/**
 * Sees that nobody listens there. The workers share their port, so they would get it beside another program of this
 * user, and each would get a part of the visitors. Throws `PortRefused`.
 */
export async function probePort(host: string, port: number): Promise<void> {
  const until = performance.now() + patience;
  for (;;) {
    const code = tryPort(host, port);
    if (code === undefined) return;
    if (code !== "EADDRINUSE" || performance.now() > until) throw new PortRefused(refusal(code, host, port));
    await Bun.sleep(50);
  }
}

function tryPort(host: string, port: number): string | undefined {
  try {
    Bun.listen({ hostname: host, port, socket: { data() {} } }).stop(true);
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? "ENOTFOUND";
  }
}

function refusal(code: string, host: string, port: number): string {
  const another = port < 65535 ? port + 1 : port - 1;
  if (code === "EADDRINUSE") {
    const airPlay = process.platform === "darwin" && (port === 5000 || port === 7000);
    const who = airPlay ? "often the AirPlay Receiver of macOS; " : "";
    return `Port ${port} of ${host} is taken (${who}"lsof -i :${port}" tells by whom). Choose another: --port ${another} or CURT_PORT=${another}.`;
  }
  if (code === "EACCES")
    return `Port ${port} of ${host} is not allowed to this user. Choose one from 1024 up: --port 5000 or CURT_PORT=5000.`;
  return `${host} is not an address of this machine (${code}). CURT_HOST takes one, such as 127.0.0.1 or 0.0.0.0.`;
}
