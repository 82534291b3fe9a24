/** The keys a Memcached holds, as its own crawler lists them. Expired and flushed ones may be among them. */
export async function memcachedKeys(port: number): Promise<string[]> {
  const done = Promise.withResolvers<string>();
  let text = "";
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(_, data) {
        text += data.toString("latin1");
        if (text.endsWith("END\r\n")) done.resolve(text);
        if (text.startsWith("BUSY")) done.reject(new Error(text));
      },
      close: () => done.reject(new Error("Memcached closed the connection.")),
    },
  });
  socket.write("lru_crawler metadump all\r\n");
  try {
    return [...(await done.promise).matchAll(/^key=(\S+)/gm)].map((match) => decodeURIComponent(match[1] ?? ""));
  } finally {
    socket.end();
  }
}
