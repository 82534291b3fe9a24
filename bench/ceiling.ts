/**
 * The runtime's own ceiling: `bun bench/ceiling.ts PORT TARGET static|handler` answers every request with one constant
 * redirect, kept by the runtime as bytes, or made anew by the least that JavaScript can do.
 */
const [port, target = "", how] = process.argv.slice(2);
const constant = { status: 302, headers: { Location: target, "Cache-Control": "no-cache" } };
Bun.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  development: false,
  ...(how === "static" ? { routes: { "/*": new Response(null, constant) } } : {}),
  fetch: () => new Response(null, constant),
});
