import { describe } from "bun:test";
import { need } from "../install.ts";
import { NginxProxy } from "./nginx.ts";
import { describeProxy } from "./suite.ts";

describe.skipIf(!need("nginx"))("nginx as deployed", () => {
  describeProxy(
    (options) => new NginxProxy(options),
    (text) => text.replace(/proxy_next_upstream error.*;/, "proxy_next_upstream off;"),
  );
});
