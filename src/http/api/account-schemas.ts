import { z } from "@hono/zod-openapi";
import { scopes } from "../../core/keys.ts";
import { passwordLengths } from "../../core/passwords.ts";
import { shownTime, text } from "./schemas.ts";

const scopeList = z
  .array(z.enum(scopes, { error: `Takes ${scopes.join(", ")}.` }))
  .min(1, { error: "Names no scope." })
  .max(scopes.length)
  .transform((given) => [...new Set(given)]);

const name = text(64);
/** Longer than any that is kept, so that nobody reads what the limit is from a refusal that comes early. */
const password = z.string().max(1000);
const newPassword = z.string().max(1000).openapi({ minLength: passwordLengths.least, maxLength: passwordLengths.most });

export const signInBody = z.strictObject({ name, password }).openapi("SignIn");
export const passwordBody = z.strictObject({ current: password, password: newPassword }).openapi("NewPassword");
export const setupBody = z
  .strictObject({ token: z.string().max(200), name: name.optional(), password: newPassword })
  .openapi("SetupAnswer");
export const setupLinkBody = z
  .strictObject({ name: name.nullable().optional(), scopes: scopeList.nullable().optional() })
  .openapi("NewSetupLink");
export const userBody = z
  .strictObject({ password: newPassword.optional(), scopes: scopeList.optional() })
  .openapi("UserChange");

export const callerSchema = z
  .object({
    kind: z.enum(["user", "key"]),
    name: z.string().nullable().openapi({ description: "Of the user, or of the key" }),
    id: z.string().openapi({ description: "Of the session, or of the key" }),
    scopes: z.array(z.enum(scopes)),
    expiresAt: shownTime.nullable(),
  })
  .openapi("Caller");

export const sessionSchema = z
  .object({
    id: z.string(),
    user: z.string(),
    createdAt: shownTime,
    seenAt: shownTime.openapi({ description: "Last used, up to an hour late" }),
    expiresAt: shownTime,
    agent: z.string().nullable().openapi({ description: "The browser, as it named itself" }),
    current: z.boolean().openapi({ description: "The one that asks" }),
  })
  .openapi("Session");

export const userSchema = z
  .object({ name: z.string(), scopes: z.array(z.enum(scopes)), createdAt: shownTime })
  .openapi("User");

export const setupSchema = z
  .object({ needed: z.boolean().openapi({ description: "Nobody can sign in yet" }) })
  .openapi("Setup");
export const setupLinkSchema = z
  .object({ url: z.string().openapi({ description: "Works once" }), expiresAt: shownTime })
  .openapi("SetupLink");
