/** What a row of the benchmark gives: measured values, each beside its floor and its bound. */

export type Unit = 'ms' | 's' | 'MB' | '%' | '×' | '/s';

export type Figure = {
  readonly what: string;
  readonly value: number;
  readonly unit: Unit;
  /** The same done by the bare library, or what arithmetic alone allows, in the same run. */
  readonly floor: { readonly what: string; readonly value: number; readonly unit: Unit } | null;
  /** Null for what is shown to explain another figure. */
  readonly bound: Bound | null;
};

/** `text` says where a bound that was computed from the floor comes from. */
export type Bound = {
  readonly side: 'at most' | 'at least';
  readonly limit: number;
  readonly text?: string;
};

export function holds({ value, bound }: Figure): boolean {
  if (bound === null) {
    return true;
  }
  return bound.side === 'at most' ? value <= bound.limit : value >= bound.limit;
}

/** The smallest value that at least `percent` of all values do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].toSorted((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
  if (found === undefined) {
    throw new Error('There is no percentile of nothing');
  }
  return found;
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}
