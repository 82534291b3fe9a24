const given = new Set<number>();

/**
 * A port of 127.0.0.1 that was free a moment ago, and that outgoing connections don't take (on Linux they have 32768 and
 * up): a server that is killed finds it free again. Never the same one twice.
 */
export function freePort(): number {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    if (given.has(port)) continue;
    try {
      Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
      given.add(port);
      return port;
    } catch {
      // Taken.
    }
  }
}
