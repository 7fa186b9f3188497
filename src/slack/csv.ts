/** Comma-separated values, as spreadsheets read them. */
export type Columns<Row> = readonly (readonly [name: string, of: (row: Row) => string])[];

export function csv<Row>(columns: Columns<Row>, rows: readonly Row[]): string {
  const lines = [columns.map(([name]) => name), ...rows.map((row) => columns.map(([, of]) => of(row)))];
  return lines.map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

/**
 * Quoted wherever it could be read as more than one cell; and never a formula, by whatever opens it: where lists are
 * separated by semicolons, a cell begins behind each of them.
 */
function cell(text: string): string {
  const plain = text.replaceAll(/(^|[;\t\r\n])([^\S\t\r\n]*)([=+\-@])/g, "$1$2'$3");
  return /[",;\t\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
