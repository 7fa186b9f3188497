import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HistoryItem } from '../../../src/domain/views.js';
import { historyCsv } from '../../../src/slack/history-csv.js';
import { activeGrant, MIA, NOW, pendingRequest } from '../../../src/examples/views.js';

function item(change: Partial<HistoryItem> = {}): HistoryItem {
  return {
    request: pendingRequest(),
    grant: null,
    by: [],
    inPlaceOf: [],
    autoRule: null,
    emergency: false,
    ...change,
  };
}

function linesOf(csv: string): string[] {
  return csv.split('\r\n');
}

/** As RFC 4180 reads it, character by character. */
function cellsOf(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < csv.length; at += 1) {
    const here = csv[at] ?? '';
    if (isQuoted) {
      if (here === '"' && csv[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else if (here === '"') {
        isQuoted = false;
      } else {
        cell += here;
      }
    } else if (here === '"') {
      isQuoted = true;
    } else if (here === ',') {
      row.push(cell);
      cell = '';
    } else if (here === '\r' && csv[at + 1] === '\n') {
      rows.push([...row, cell]);
      [row, cell] = [[], ''];
      at += 1;
    } else {
      cell += here;
    }
  }
  return rows;
}

test('each request is a line below the names of the columns, with moments in UTC', () => {
  const { id, createdAt, expiresAt } = pendingRequest();
  const grant = activeGrant();
  const request = {
    ...pendingRequest(),
    state: 'approved',
    decidedAt: NOW,
    grantId: grant.id,
    autoRule: null,
    review: null,
  } as const;
  const [names, first, second, end] = linesOf(historyCsv([item(), item({ request, grant, by: [MIA] })]));

  expect(names).toMatch(/^request,asked_at,requester,beneficiary,resource,role,asked_minutes,/);
  expect(first).toContain(
    `${id},${new Date(createdAt).toISOString().replace('.000', '')},U03DANA,U03DANA,prod-db,readonly,30,,pending,,`,
  );
  expect(second).toContain(`,approved,${new Date(NOW).toISOString().replace('.000', '')},U01MIA,`);
  expect(second).toContain(`,${grant.id},`);
  expect(end).toBe('');
  expect(expiresAt).toBeGreaterThan(createdAt);
});

const hostile = fc
  .array(fc.constantFrom('=', '+', '-', '@', ';', '\t', '\n', ' ', "'", '"', 'a'), { maxLength: 12 })
  .map((parts) => parts.join(''));

test('what people typed stays in its cell, and is no formula for whatever opens it', () => {
  const cell = (reason: string) =>
    cellsOf(historyCsv([item({ request: pendingRequest({ reason }) })]))[1]?.at(-1);

  expect(cell('=HYPERLINK("https://evil.example")')).toBe('\'=HYPERLINK("https://evil.example")');
  expect(cell('+1')).toBe("'+1");
  expect(cell('-1')).toBe("'-1");
  expect(cell('@sum(a1)')).toBe("'@sum(a1)");
  expect(cell(' =1')).toBe(" '=1");
  expect(cell("x;=cmd|'/C calc'!A0")).toBe("x;'=cmd|'/C calc'!A0");
  expect(cell('x;\t -1')).toBe("x;\t '-1");
  expect(cell('a, "b"\r\nc')).toBe('a, "b"\r\nc');
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 80 }), hostile), (reason) => {
      const rows = cellsOf(historyCsv([item({ request: pendingRequest({ reason }) }), item()]));

      expect(rows.map(({ length }) => length)).toEqual([20, 20, 20]);
      const shown = rows[1]?.at(-1) ?? '';
      // Nothing but marks that keep it from being a formula is put in, and each part that could be one has its mark.
      expect(shown.replaceAll("'", '')).toBe(reason.replaceAll("'", ''));
      expect(shown.split(/[;\t\r\n]/).filter((part) => /^\s*[=+\-@]/.test(part))).toEqual([]);
    }),
  );
});
