const unsafe = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Compact JSON in which nothing can command a terminal, nor turn the direction of text around. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(unsafe, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
