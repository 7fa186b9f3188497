import { styleText } from 'node:util';
import type { Report } from './expectations.js';
import type { Answer } from './target.js';

/** What the audience sees: lines of 80 columns at most, readable with colour and without. */
export type Screen = Report & {
  title(text: string): void;
  chapter(text: string): void;
  /** A sentence of the storyteller's. */
  say(text: string): void;
  facts(pairs: readonly (readonly [name: string, text: string])[]): void;
  /** What somebody does: `dana types /access …`. */
  does(who: string, what: string): void;
  /** A message as a person reads it. */
  message(where: string, text: string): void;
  /** A query and what the database answered. */
  proof(who: string, sql: string, answer: Answer): void;
  verdict(text: string, good: boolean): void;
  fault(text: string): void;
};

type Style = 'bold' | 'cyan' | 'dim' | 'green' | 'red' | 'yellow';

const WIDTH = 80;

export function createScreen({
  out,
  colour,
}: {
  readonly out: (text: string) => void;
  readonly colour: boolean;
}): Screen {
  const paint = (style: Style, text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  let chapters = 0;
  let afterVerdict = false;

  /** What comes after a verdict begins anew. */
  function begin(): void {
    if (afterVerdict) {
      out('');
    }
    afterVerdict = false;
  }
  function verdict(mark: string, text: string): void {
    lines(text, { first: `  ${mark} `, rest: '    ' });
    afterVerdict = true;
  }
  function lines(text: string, { first = '  ', rest = first, style }: Margin = {}): void {
    const wrapped = text.split('\n').flatMap((line) => wrap(line, WIDTH - rest.length));
    wrapped.forEach((line, index) => {
      const margin = index === 0 ? first : rest;
      out(`${margin}${style === undefined ? line : paint(style, line)}`.trimEnd());
    });
  }
  /** A bar at the left, so that what is quoted stands out without colour too. */
  function quoted(text: string): void {
    const bar = `  ${paint('dim', '│')} `;
    text
      .split('\n')
      .flatMap((line) => wrap(line, WIDTH - 4))
      .forEach((line) => out(`${bar}${line}`.trimEnd()));
  }

  return {
    title: (text) => out(`\n${paint('bold', text)}\n`),
    chapter(text) {
      chapters += 1;
      afterVerdict = false;
      out(`\n${paint('bold', `${chapters}. ${text}`)}\n`);
    },
    say(text) {
      begin();
      lines(text);
    },
    facts(pairs) {
      const longest = Math.max(...pairs.map(([name]) => name.length));
      for (const [name, text] of pairs) {
        lines(text, { first: `  ${name.padEnd(longest)}  `, rest: ' '.repeat(longest + 4) });
      }
    },
    does(who, what) {
      begin();
      out(`  ${paint('cyan', `${who} ${what}`)}`);
    },
    message(where, text) {
      begin();
      out(`  ${paint('dim', `┌ ${where}`)}`);
      quoted(text);
      out(`  ${paint('dim', '└')}`);
    },
    proof(who, sql, answer) {
      begin();
      out(`  ${paint('dim', `SQL, as ${who}`)}`);
      sql.split('\n').forEach((line) => out(`    ${paint('cyan', line)}`));
      answerLines(answer).forEach((line) => out(`    ${line}`));
    },
    met: (what) => verdict(paint('green', '✓'), what),
    unmet({ what, withinMs, instead }) {
      verdict(paint('red', '✗'), what);
      lines(`Not seen within ${withinMs / 1_000} s. Instead:`, { first: '    ' });
      quoted(instead === '' ? '(nothing)' : instead);
    },
    verdict: (text, good) => out(`\n${paint(good ? 'green' : 'red', text)}`),
    fault: (text) => lines(text, { first: '  ', style: 'red' }),
  };
}

type Margin = { readonly first?: string; readonly rest?: string; readonly style?: Style };

function wrap(text: string, width: number): string[] {
  const wrapped: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      wrapped.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...wrapped, line];
}

/** As psql prints them. */
function answerLines(answer: Answer): string[] {
  if (answer.kind === 'refused') {
    return [`ERROR: ${answer.text}`];
  }
  const { columns, rows } = answer;
  const widths = columns.map((name, index) =>
    Math.max(name.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (row: readonly string[], between: string, fill: string): string =>
    widths.map((width, index) => (row[index] ?? '').padEnd(width, fill)).join(between);
  return [
    line(columns, ' | ', ' ').trimEnd(),
    line([], '-+-', '-'),
    ...rows.map((row) => line(row, ' | ', ' ').trimEnd()),
    `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`,
  ];
}
