import { holds, type Figure, type Unit } from './figures.js';

const HEAD = ['what', 'measured', 'floor', 'bound', 'holds'] as const;

/** As Markdown, so that it reads well in a terminal and in a document. */
export function table(figures: readonly Figure[]): string {
  const rows = [HEAD, ...figures.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(HEAD), rule, ...rows.slice(1).map(line)].join('\n');
}

function cells(figure: Figure): readonly string[] {
  const { what, value, unit, floor, bound } = figure;
  return [
    what,
    amount(value, unit),
    floor === null ? '' : `${amount(floor.value, floor.unit)} ${floor.what}`,
    bound === null
      ? ''
      : `${bound.side === 'at most' ? '≤' : '≥'} ${amount(bound.limit, unit)}${bound.text === undefined ? '' : ` (${bound.text})`}`,
    bound === null ? '' : holds(figure) ? 'yes' : 'NO',
  ];
}

/** Three digits say enough: the next one differs from run to run. */
export function amount(value: number, unit: Unit): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}
