import { faces, tokens } from "../page-style.ts";
import { escaped, pageHeaders } from "../pages.ts";

/** What of an OpenAPI document the page shows. */
export interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: Schema;
  }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}
type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly format?: string;
}

const style = `${faces}${tokens}
*{box-sizing:border-box;margin:0}
body{display:grid;grid-template-columns:280px minmax(0,840px);gap:48px;padding:32px;background:var(--paper);color:var(--ink);font:400 14px/20px "Host Grotesk",system-ui,sans-serif}
nav{position:sticky;top:32px;align-self:start;max-height:calc(100vh - 64px);overflow:auto;font-size:13px}
nav a{display:block;padding:2px 0;color:var(--ink2);text-decoration:none;overflow-wrap:anywhere}
nav a:hover{color:var(--ink);text-decoration:underline}
h1{font-weight:750;font-size:32px;line-height:40px;letter-spacing:-.035em;margin-bottom:16px}
h1 mark{background:#FFD62E;color:#17160F;padding:0 .1em}
h2{margin-top:40px;padding-top:12px;border-top:1px solid var(--ink);font-weight:650;font-size:16px;line-height:24px}
h2:target{background:var(--raised)}
h3{margin-top:16px;font-weight:600;font-size:13px}
p{margin-top:8px;color:var(--ink2)}
code{font:400 13px/20px "Sometype Mono",ui-monospace,monospace;letter-spacing:-.02em;overflow-wrap:anywhere}
h2 code,th code{font-weight:700}
table{width:100%;border-collapse:collapse;margin-top:4px}
th,td{padding:6px 16px 6px 0;border-bottom:1px solid var(--rule);text-align:start;vertical-align:top;font-weight:400}
th{width:220px}td{color:var(--ink2)}
a{color:inherit;text-underline-offset:3px}
a:focus-visible{outline:2px solid var(--ink);outline-offset:2px}
@media(max-width:899px){body{display:block;padding:16px}nav{position:static;max-height:none;margin-bottom:32px}th{width:40%}}`;

const hash = new Bun.CryptoHasher("sha256").update(style).digest("base64");

export const referenceHeaders: Readonly<Record<string, string>> = {
  ...pageHeaders,
  "Content-Security-Policy": `default-src 'none'; style-src 'sha256-${hash}'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
};

/** The page that says for people what the OpenAPI document says for programs. No script. */
export function referencePage({ paths, components }: Described): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => ({ name: `${method.toUpperCase()} ${path}`, one })),
  );
  const links = operations.map(({ name }) => `<a href="#${idOf(name)}">${escaped(name)}</a>`);
  const schemas = Object.entries(components.schemas);
  const named = schemas.map(([name]) => `<a href="#${idOf(name)}">${escaped(name)}</a>`);
  const main =
    "<h1>The <mark>short</mark> reference</h1>" +
    '<p>Made from <a href="/api/v1/openapi.json">openapi.json</a>. A key goes into <code>Authorization: Bearer KEY</code>. Errors are <code>application/problem+json</code>; their <code>code</code> is stable.</p>' +
    operations.map(({ name, one }) => operationOf(name, one)).join("") +
    schemas.map(([name, one]) => `<h2 id="${idOf(name)}">${escaped(name)}</h2>${fieldsOf(one)}`).join("");
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>Curt: API</title><style>${style}</style></head><body><nav aria-label="Paths">${links.join("")}<h3>Schemas</h3>${named.join("")}</nav><main>${main}</main></body></html>`;
}

function operationOf(name: string, one: Operation): string {
  const parameters = one.parameters ?? [];
  const body = Object.entries(one.requestBody?.content ?? {}).map(
    ([type, { schema }]) =>
      `<h3>Body: <code>${escaped(type)}</code> ${typeOf(schema)}</h3>${schema.$ref === undefined ? fieldsOf(schema) : ""}`,
  );
  const answers = Object.entries(one.responses).map(([status, { description, content }]) =>
    row(
      `<code>${status}</code>`,
      `${escaped(description)}${Object.values(content ?? {})
        .slice(0, 1)
        .map(({ schema }) => ` ${typeOf(schema)}`)}`,
    ),
  );
  return (
    `<h2 id="${idOf(name)}"><code>${escaped(name)}</code></h2><p>${escaped(one.summary ?? "")}. ${escaped(one.description ?? "")}</p>` +
    `<p>${needs(one)}</p>` +
    (parameters.length === 0
      ? ""
      : `<h3>Parameters</h3><table>${parameters.map((each) => row(`<code>${escaped(each.name)}</code>`, `${each.in}${each.required ? ", required" : ""} ${typeOf(each.schema ?? {})}`)).join("")}</table>`) +
    `${body.join("")}<h3>Answers</h3><table>${answers.join("")}</table>`
  );
}

function needs({ security = [] }: Operation): string {
  if (security.length === 0) return "Open to all.";
  const ways = security.map((one) => {
    const [scheme, scopes = []] = Object.entries(one)[0] ?? [];
    if (scheme === undefined) return "nobody's, where anyone may create";
    const kind = scheme === "key" ? "a key" : "a session";
    return scopes.length === 0 ? kind : `${kind} with <code>${escaped(scopes.join(" "))}</code>`;
  });
  return `Needs ${ways.join(", or ")}.`;
}

function fieldsOf(schema: Schema): string {
  const parts = [...(schema.allOf ?? []), schema];
  const required = new Set(parts.flatMap((one) => one.required ?? []));
  const bases = (schema.allOf ?? []).flatMap((one) =>
    one.$ref === undefined ? [] : [`<p>All of ${typeOf(one)}, and:</p>`],
  );
  const rows = parts.flatMap((part) =>
    Object.entries(part.properties ?? {}).map(([name, one]) =>
      row(`<code>${escaped(name)}</code>`, `${typeOf(one)}${required.has(name) ? "" : ", may be left out"}`),
    ),
  );
  return rows.length === 0 ? `<p>${typeOf(schema)}</p>` : `${bases.join("")}<table>${rows.join("")}</table>`;
}

/** A schema in a few words. */
function typeOf(schema: Schema): string {
  const name = schema.$ref?.split("/").pop();
  if (name !== undefined) return `<a href="#${idOf(name)}">${escaped(name)}</a>`;
  const { type, items, anyOf, format, maxLength, maxItems, minimum, maximum, description } = schema;
  const said = [
    anyOf !== undefined ? anyOf.map(typeOf).join(" or ") : typeof type === "string" ? type : (type ?? []).join(" or "),
    items === undefined ? "" : `of ${typeOf(items)}`,
    schema.enum === undefined ? "" : `<code>${escaped(schema.enum.join(" "))}</code>`,
    format === undefined ? "" : escaped(format),
    maxLength === undefined ? "" : `at most ${maxLength} characters`,
    maxItems === undefined ? "" : `at most ${maxItems}`,
    minimum === undefined && maximum === undefined ? "" : `${minimum ?? ""} to ${maximum ?? ""}`,
    schema.default === undefined ? "" : `(${escaped(String(schema.default))})`,
  ].filter((part) => part !== "");
  return said.join(" ") + (description === undefined ? "" : `. ${escaped(description)}`);
}

function row(head: string, text: string): string {
  return `<tr><th scope="row">${head}</th><td>${text}</td></tr>`;
}

function idOf(name: string): string {
  return name.replace(/[^\w]+/g, "-").replace(/^-|-$/g, "");
}
