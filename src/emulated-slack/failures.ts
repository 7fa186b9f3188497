import type { Fields } from './fields.js';

/** What goes wrong with a call, by name. `drop_after`: it is carried out, and the answer is lost. */
export type Trouble =
  | { with: 'rate_limited'; retryAfter: number }
  | { with: 'slow'; ms: number }
  | { with: 'answer'; status: number; body: string }
  | { with: 'http_500' | 'hang' | 'drop_before' | 'drop_after' }
  | { error: string };

export type FailureOrder = Trouble & {
  /** How many calls fail; all of them, until heal(), without it. */
  times?: number;
  /** Only calls with such a body. */
  when?: (body: Fields) => boolean;
};

export type Failures = ReturnType<typeof createFailures>;

/** Orders of a method are used up in the order in which they were given; '*' stands for every method. */
export function createFailures() {
  let orders: { method: string; order: FailureOrder; left: number }[] = [];
  return {
    fail(method: string, order: FailureOrder): void {
      orders.push({ method, order, left: order.times ?? Infinity });
    },
    heal(method?: string): void {
      orders = method === undefined ? [] : orders.filter((known) => known.method !== method);
    },
    next(method: string, body: Fields): Trouble | undefined {
      const due = orders.find(
        ({ method: wanted, order, left }) =>
          left > 0 && (wanted === '*' || wanted === method) && (order.when?.(body) ?? true),
      );
      if (due === undefined) {
        return undefined;
      }
      due.left -= 1;
      return due.order;
    },
  };
}
