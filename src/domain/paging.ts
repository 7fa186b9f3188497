/** The first row of the last page of so many; of nothing, 0. */
export function lastPageOf(total: number, pageSize: number): number {
  return Math.floor(Math.max(0, total - 1) / pageSize) * pageSize;
}
