/** How many of the last writes of a row are remembered in it. */
export const rememberedWrites = 8;

/** A name for a write, so that one whose answer was lost is known again. */
export function newWriteId(): string {
  return crypto.getRandomValues(new Uint8Array(9)).toBase64({ alphabet: "base64url" });
}

/** What a row remembers once `id` has replaced what had `before`, newest first. */
export function withWrite(id: string, before: string): string {
  return [id, ...before.split(" ")].slice(0, rememberedWrites).join(" ");
}

/** Whether a write is one of those that made a row what it is. */
export function hasWrite(ids: string | undefined, id: string): boolean {
  return ids?.split(" ").includes(id) ?? false;
}
