/**
 * What a spreadsheet takes for a formula, and the empty text, with marks of ours before them or not. The full-width `＝ ＋ － ＠`
 * count too: where people write Chinese, Japanese or Korean, spreadsheets read them as the narrow ones.
 */
const marked = /^'*([=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]|$)/;

/**
 * A text for a CSV cell that no spreadsheet runs: one that begins with `= + - @`, wide or narrow, a tab or a line end
 * gets `'` in front. So does an empty one, to differ from none at all, and one that has `'` there already: `bare` gives every text
 * back as it was.
 */
export function guarded(text: string): string {
  return marked.test(text) ? `'${text}` : text;
}

/** Undoes `guarded`. */
export function bare(cell: string): string {
  return cell.startsWith("'") && marked.test(cell) ? cell.slice(1) : cell;
}
