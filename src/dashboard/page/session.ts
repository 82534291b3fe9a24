import type { Caller, Scope } from "../../client/client.ts";
import { api } from "./api/api.ts";
import { Cell } from "./ui/cell.ts";

/** `undefined`: not known yet. `null`: nobody. */
export const me = new Cell<Caller | null | undefined>(undefined);

export function may(scope: Scope): boolean {
  const scopes = me.value?.scopes ?? [];
  return scopes.includes(scope) || scopes.includes("admin");
}

export async function findMe(): Promise<void> {
  me.value = await api.session.who().catch(() => null);
}

/** Throws `CurtProblem`. */
export async function signIn(name: string, password: string): Promise<void> {
  me.value = await api.session.begin(name, password);
}

/** Sets the first password, or a new one, with the token of a one-time link. Throws `CurtProblem`. */
export async function setUp(token: string, name: string, password: string): Promise<void> {
  me.value = await api.setup.finish(token, name, password);
}

/** Whatever the server says, nobody is signed in here any more. */
export async function signOut(): Promise<void> {
  await api.session.end().catch(() => undefined);
  me.value = null;
}
