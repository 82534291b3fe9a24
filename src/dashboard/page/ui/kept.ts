/** What this browser remembers of a person's taste. Nothing secret; a browser that keeps nothing is fine. */
export function kept(name: string): string | null {
  try {
    return localStorage.getItem(`curt.${name}`);
  } catch {
    return null;
  }
}

/** `null` forgets it. */
export function keep(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`curt.${name}`);
    else localStorage.setItem(`curt.${name}`, value);
  } catch {
    // Full, or forbidden.
  }
}
