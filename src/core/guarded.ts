/** What a spreadsheet takes for a formula, and the empty text, with marks of ours before them or not. */
const marked = /^'*([=+\-@\t\r\n]|$)/;

/**
 * A text for a CSV cell that no spreadsheet runs: one that begins with `= + - @`, a tab or a line end gets `'` in
 * front. So does an empty one, to differ from none at all, and one that has `'` there already: `bare` gives every text
 * back as it was.
 */
export function guarded(text: string): string {
  return marked.test(text) ? `'${text}` : text;
}

/** Undoes `guarded`. */
export function bare(cell: string): string {
  return cell.startsWith("'") && marked.test(cell) ? cell.slice(1) : cell;
}
