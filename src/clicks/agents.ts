import bowser from "bowser";
import { isbot } from "isbot";
import { isPreview } from "../core/preview.ts";

/** What a user agent says of itself; "" for what is not known. */
export interface Agent {
  readonly browser: string;
  readonly os: string;
  /** desktop, mobile, tablet or tv. */
  readonly device: string;
  /** "" for a person; else preview (of a link in a chat), search, tool or bot. */
  readonly bot: string;
}

const searchers =
  /googlebot|bingbot|yandexbot|yandex\.com\/bots|baiduspider|duckduckbot|applebot|slurp|sogou|petalbot|seznambot|naver|yeti\/|qwant|exabot|coccoc|mojeek/i;
const tools =
  /^(?:curl|wget|python|go-http-client|java\/|okhttp|axios|node|undici|bun\/|libwww|ruby|php|guzzle|httpie|http\.?client|postmanruntime|insomnia|apachebench|h2load|wrk)/i;

/** Recognises a user agent. Takes some 15 us: the caller remembers. */
export function agentOf(text: string): Agent {
  if (text === "") return { browser: "", os: "", device: "", bot: "bot" };
  const bot = botOf(text);
  const { browser, os, platform } = bowser.parse(text);
  const device = platform.type ?? (os.name === "Chrome OS" ? "desktop" : "");
  return { browser: browser.name ?? "", os: os.name ?? "", device, bot };
}

function botOf(text: string): string {
  if (isPreview(text)) return "preview";
  if (tools.test(text)) return "tool";
  if (!isbot(text)) return "";
  return searchers.test(text) ? "search" : "bot";
}
