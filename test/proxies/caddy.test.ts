import { describe } from "bun:test";
import { need } from "../install.ts";
import { Caddy } from "./caddy.ts";
import { describeProxy } from "./suite.ts";

describe.skipIf(!need("caddy"))("Caddy as deployed", () => {
  describeProxy(
    (options) => new Caddy(options),
    (text) => text.replace(/^\s*lb_try_duration .*$/m, "").replace(/lb_retry_match \{[^}]*\}/, ""),
  );
});
