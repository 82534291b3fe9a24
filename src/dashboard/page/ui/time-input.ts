/** A time for an `<input type="datetime-local">`, in this person's zone; "" for none. */
export function toLocal(time: string | null): string {
  if (time === null) return "";
  const at = new Date(time);
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** The other way. `null`: none. */
export function fromLocal(text: string): string | null {
  const at = new Date(text);
  return text === "" || Number.isNaN(at.getTime()) ? null : at.toISOString();
}
