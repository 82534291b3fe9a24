import { ask } from "./api/ask.ts";
import { Cell } from "./ui/cell.ts";

/** Who is signed in, and what they may do. */
export interface Me {
  readonly kind: "user" | "key";
  readonly name: string | null;
  readonly scopes: readonly string[];
}

/** `undefined`: not known yet. `null`: nobody. */
export const me = new Cell<Me | null | undefined>(undefined);

export function may(scope: string): boolean {
  const scopes = me.value?.scopes ?? [];
  return scopes.includes(scope) || scopes.includes("admin");
}

export async function findMe(): Promise<void> {
  me.value = await ask<Me>("GET", "/session").catch(() => null);
}

/** Throws `Problem`. */
export async function signIn(name: string, password: string): Promise<void> {
  me.value = await ask<Me>("POST", "/session", { body: { name, password } });
}

/** Sets the first password, or a new one, with the token of a one-time link. Throws `Problem`. */
export async function setUp(token: string, name: string, password: string): Promise<void> {
  me.value = await ask<Me>("POST", "/setup", { body: { token, name, password } });
}

/** Whatever the server says, nobody is signed in here any more. */
export async function signOut(): Promise<void> {
  await ask("DELETE", "/session").catch(() => undefined);
  me.value = null;
}
