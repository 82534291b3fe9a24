import { stringify } from "csv-stringify/sync";
import { portOf } from "../command.ts";
import { raw } from "../http/raw.ts";
import type { Server } from "../server.ts";

/** The columns that an import understands. */
const columns = [
  ...["slug", "url", "title", "tags", "note", "redirectStatus", "validFrom", "validUntil"],
  ...["maxClicks", "disabled", "forwardQuery", "createdAt"],
];

/** Which answers were none that bad input may get: from 500 on, or no HTTP at all. */
export type Wrong = string[];

/** The slug of the link that carries string `i` in all its fields. */
export const slugOf = (i: number) => `h-${i}`;

/** What of a string every field takes: at most 60 characters, whole ones, none that commands anything. */
function fittingOf(text: string): string {
  const calm = text.toWellFormed().replaceAll(/[\p{Cc}\u2028\u2029]/gu, " ");
  return [...calm].slice(0, 60).join("").trim();
}

/** Makes a link for each string, with the string in each field as far as the field takes it; and keys and users with such names. */
export async function sendFields(server: Server, strings: readonly string[]): Promise<{ made: number; wrong: Wrong }> {
  const wrong: Wrong = [];
  let made = 0;
  const ask = async (method: string, path: string, body: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(server.url + path, {
      method,
      headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    await answer.arrayBuffer();
    if (answer.status >= 500) wrong.push(`${answer.status} ${method} ${path} ${JSON.stringify(body).slice(0, 200)}`);
    return answer.status;
  };
  for (const [i, text] of strings.entries()) {
    const url = `https://example.com/${i}?q=${text.toWellFormed().slice(0, 500)}`;
    // What a title may not be is refused, as is a tag; so what is left of it when cut and mended goes in as well.
    const fitting = fittingOf(text);
    const whole = { slug: slugOf(i), url, title: text, tags: [text], note: text };
    const mended = { ...whole, title: fitting, tags: [], note: fitting };
    const escaped = { ...mended, url: `https://example.com/${i}?q=${encodeURIComponent(fitting)}` };
    for (const body of [whole, mended, escaped]) {
      if ((await ask("POST", "/api/v1/links", body)) !== 201) continue;
      made++;
      break;
    }
    if ((await ask("PATCH", `/api/v1/links/${slugOf(i)}`, { tags: [fitting, "hostile"] })) !== 200)
      await ask("PATCH", `/api/v1/links/${slugOf(i)}`, { tags: ["hostile"] });
    await ask("POST", "/api/v1/links", { url, slug: text });
    await ask("POST", "/api/v1/links", { url: text });
    await ask("POST", "/api/v1/session", { name: text, password: text }, { authorization: "" });
    if (i % 5 === 0) await ask("POST", "/api/v1/keys", { name: text, scopes: ["links:read"] });
    await ask("PUT", `/api/v1/users/${encodeURIComponent(text.toWellFormed().slice(0, 80))}`, { password: text });
    for (const path of ["/generateUrl?url=", "/redirect?key=", "/api/v1/links?search=", "/api/v1/links?cursor="])
      await ask("DELETE", path + encodeURIComponent(text.toWellFormed().slice(0, 500)), undefined);
  }
  return { made, wrong };
}

/** Follows each link with its string in every header that a visitor sends, as bytes that no client of ours would send. */
export async function sendHeaders(server: Server, strings: readonly string[]): Promise<Wrong> {
  const wrong: Wrong = [];
  const port = portOf(server);
  const names = [
    "User-Agent",
    "Referer",
    "Accept-Language",
    "Accept",
    "X-Forwarded-For",
    "Origin",
    "If-None-Match",
    "Cookie",
  ];
  for (const [i, text] of strings.entries()) {
    // As it is, where it may end a header early; and what of it stays within one, so that it is counted.
    const inOne = text
      .toWellFormed()
      .replaceAll(/[\0\r\n]/g, " ")
      .slice(0, 800);
    for (const value of [text, inOne]) {
      const query = `?utm_source=${encodeURIComponent(inOne)}&utm_campaign=${encodeURIComponent(inOne)}`;
      const headers = names.map((name) => `${name}: ${name === "Referer" ? `https://${value}.example/` : value}\r\n`);
      const request = `GET /${slugOf(i)}${query} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers.join("")}Connection: close\r\n\r\n`;
      const answer = await raw(port, [request]);
      if (answer.statuses.some((status) => status >= 500))
        wrong.push(`${answer.statuses} for ${JSON.stringify(value)}`);
      if (/^(?:set-cookie: x=1|<script)/im.test(answer.text))
        wrong.push(`an answer was split by ${JSON.stringify(value)}`);
    }
    const agent = { "user-agent": `Mozilla/5.0 ${JSON.stringify(text)}`, referer: `https://${i}.example/` };
    const seen = await fetch(`${server.url}/${encodeURIComponent(text.toWellFormed().slice(0, 100))}`, {
      headers: { ...agent, accept: "text/html" },
      redirect: "manual",
    }).catch(() => undefined);
    if ((seen?.status ?? 0) >= 500) wrong.push(`${seen?.status} for the address of ${JSON.stringify(text)}`);
  }
  return wrong;
}

/** A file for the import: each string in each column, the others as they should be; and columns with such names. */
export function importFile(strings: readonly string[]): string {
  const good: Record<string, string> = {
    url: "https://example.com/in",
    title: "in",
    redirectStatus: "301",
    disabled: "false",
  };
  const rows = strings.flatMap((text, i) =>
    columns.map((name, at) => {
      const row = { ...good, slug: `in-${i}-${at}`, [name]: text.toWellFormed() };
      return columns.map((column) => (row as Record<string, string>)[column] ?? "");
    }),
  );
  return stringify([[...columns, ...strings.slice(0, 5)], ...rows], { bom: false });
}
