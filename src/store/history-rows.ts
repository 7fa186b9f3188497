import { and, count, desc, eq, gte, sql } from 'drizzle-orm';
import type { AccessRequest } from '../domain/request.js';
import type { HistoryFilter } from '../ports.js';
import { toRequest } from './request-rows.js';
import type { Drizzle } from './row.js';
import { slot } from './row.js';
import { requests } from './schema.js';

/** What was asked for, newest first, in pages. One statement a filter, so that each can be held against its index. */
export function prepareHistory(db: Drizzle) {
  const ofBeneficiary = eq(requests.beneficiary, slot('beneficiary'));
  // A list of roles of any length, as one parameter.
  const amongRoles = sql`${requests.resource} || ':' || ${requests.role} in (select value from json_each(${slot('among')}))`;

  const statements = new Map(
    Object.entries({
      '': [],
      beneficiary: [ofBeneficiary],
      among: [amongRoles],
      'beneficiary among': [ofBeneficiary, amongRoles],
    }).map(([key, conditions]) => {
      const where = and(gte(requests.createdAt, slot('since')), ...conditions);
      const page = db
        .select()
        .from(requests)
        .where(where)
        .orderBy(desc(requests.createdAt), desc(requests.id))
        .limit(sql.placeholder('limit'))
        .offset(sql.placeholder('offset'))
        .prepare();
      const total = db.select({ total: count() }).from(requests).where(where).prepare();
      return [key, { page, total }];
    }),
  );

  function statementsFor(filter: HistoryFilter) {
    const given = (['beneficiary', 'among'] as const).filter((key) => filter[key] !== undefined);
    const found = statements.get(given.join(' '));
    if (found === undefined) {
      throw new Error(`No statement filters what was asked for by ${given.join(' and ')}.`);
    }
    return found;
  }

  return {
    page(filter: HistoryFilter, page: { offset: number; limit: number }): AccessRequest[] {
      return statementsFor(filter)
        .page.all({ ...values(filter), ...page })
        .map(toRequest);
    },
    count(filter: HistoryFilter): number {
      return statementsFor(filter).total.get(values(filter))?.total ?? 0;
    },
  };
}

function values({ among, ...filter }: HistoryFilter): Record<string, unknown> {
  const keys = among?.map(({ resource, role }) => `${resource}:${role}`);
  return keys === undefined ? filter : { ...filter, among: JSON.stringify(keys) };
}
