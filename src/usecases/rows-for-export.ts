const PAGE_SIZE = 500;
/** Beyond that the audit trail at the command line is the better source. */
const MOST_ROWS = 10_000;

/** All rows of a list, up to a bound, read page by page. */
export async function rowsForExport<Row>(
  read: (page: { offset: number; limit: number }) => Promise<readonly Row[]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  while (rows.length < MOST_ROWS) {
    const page = await read({ offset: rows.length, limit: PAGE_SIZE });
    rows.push(...page);
    if (page.length < PAGE_SIZE) {
      break;
    }
  }
  return rows;
}
