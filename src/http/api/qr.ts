import { createRoute, z } from "@hono/zod-openapi";
import { invalidInput } from "../../core/errors.ts";
import { logoBytes, logoSide } from "../limits.ts";
import { type Picture, readPng } from "../png.ts";
import { formats, levels, margins, qrFile, qrHeaders, sizes } from "../qr.ts";
import { type Api, jsonBody, type Shared, scoped } from "./context.ts";
import { slugOf, slugParam } from "./link-request.ts";
import { problems } from "./schemas.ts";
import { shortUrlOf } from "./shown.ts";

const whole = ({ least, most, usual }: { least: number; most: number; usual: number }) =>
  z
    .number()
    .refine((value) => Number.isInteger(value) && value >= least && value <= most, {
      error: `Takes ${least} to ${most}.`,
    })
    .optional()
    .openapi({ type: "integer", minimum: least, maximum: most, default: usual });

const colour = (pattern: RegExp, error: string) =>
  z.string().regex(pattern, { error }).optional().openapi({ pattern: pattern.source });

const body = z
  .strictObject({
    format: z.enum(formats).optional().openapi({ default: "svg" }),
    size: whole(sizes).openapi({ description: "Pixels of a side" }),
    margin: whole(margins).openapi({ description: "In modules" }),
    level: z.enum(levels).optional().openapi({ description: "M, with a logo H; with a logo Q or H" }),
    dark: colour(/^#?[0-9A-Fa-f]{6}$/, "Takes six hexadecimal digits, as in 17160f."),
    light: colour(/^(?:#?[0-9A-Fa-f]{6}|transparent)$/, "Takes six hexadecimal digits, or transparent."),
    logo: z
      .string()
      .max(Math.ceil(logoBytes / 3) * 4 + 4, { error: `Too large: at most ${logoBytes / 1024} KB.` })
      .regex(/^[A-Za-z0-9+/]*={0,2}$/, { error: "Not base64." })
      .optional()
      .openapi({ description: `A PNG in base64: 8 bits a channel, RGB or RGBA, at most ${logoSide} pixels a side` }),
  })
  .openapi("QrOptions");

/** `POST /api/v1/links/{slug}/qr`: the QR code of a link, as `/{slug}+qr` has it, and with a logo. */
export function qrPath(api: Api, shared: Shared): void {
  const { links, baseUrl } = shared.options;
  const route = createRoute({
    method: "post",
    path: "/api/v1/links/{slug}/qr",
    summary: "Draw the QR code of a link, with a logo in it or without",
    description: "Changes nothing. Of a logo nothing but its pixels goes into the picture.",
    security: scoped("links:read"),
    middleware: [shared.needs("links:read"), ...jsonBody] as const,
    request: { params: slugParam, body: { required: true, content: { "application/json": { schema: body } } } },
    responses: {
      200: {
        description: "The picture",
        content: { "image/svg+xml": { schema: z.string() }, "image/png": { schema: z.string() } },
      },
      ...problems(
        ...(["invalid_input", "unauthorized", "forbidden", "wrong_origin", "not_found", "body_too_large"] as const),
        "unsupported_media_type",
      ),
    },
  });
  api.openapi(route, async (c) => {
    const link = await links.get(slugOf(c.req.valid("param").slug));
    const given = c.req.valid("json");
    const logo = given.logo === undefined ? undefined : await logoOf(given.logo);
    const level = given.level ?? (logo === undefined ? "M" : "H");
    if (logo !== undefined && (level === "L" || level === "M"))
      throw invalidInput([{ path: "level", message: "A logo covers a part: takes Q or H with one." }]);
    const bare = (text: string) => text.replace("#", "").toLowerCase();
    const { type, bytes } = await qrFile(shortUrlOf(link, baseUrl), {
      format: given.format ?? "svg",
      size: given.size ?? sizes.usual,
      margin: given.margin ?? margins.usual,
      level,
      dark: bare(given.dark ?? "000000"),
      light: given.light === "transparent" ? undefined : bare(given.light ?? "ffffff"),
      logo,
    });
    return new Response(bytes, { headers: { ...qrHeaders, "Content-Type": type } });
  });
}

/** The pixels of a logo. Throws `CurtError` `invalid_input` that says what is wrong with it. */
async function logoOf(base64: string): Promise<Picture> {
  const bytes = Buffer.from(base64, "base64");
  const refused = (message: string) => invalidInput([{ path: "logo", message }]);
  if (bytes.length > logoBytes) throw refused(`Too large: at most ${logoBytes / 1024} KB.`);
  return readPng(bytes, logoSide).catch((error: unknown) => {
    throw refused(error instanceof Error ? error.message : String(error));
  });
}
