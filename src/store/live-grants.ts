import { and, asc, count, eq, sql } from 'drizzle-orm';
import type { Grant } from '../domain/grant.js';
import type { GrantFilter } from '../ports.js';
import { toGrant } from './grant-rows.js';
import type { Drizzle } from './row.js';
import { slot } from './row.js';
import { grants, liveGrant } from './schema.js';

/** Who has what: pages of live grants. One statement a filter, so that each can be held against its index. */
export function prepareLiveGrants(db: Drizzle) {
  const ofBeneficiary = eq(grants.beneficiary, slot('beneficiary'));
  // A list of roles of any length, as one parameter.
  const amongRoles = sql`${grants.resource} || ':' || ${grants.role} in (select value from json_each(${slot('among')}))`;

  const statements = new Map(
    Object.entries({
      '': [],
      beneficiary: [ofBeneficiary],
      among: [amongRoles],
      'beneficiary among': [ofBeneficiary, amongRoles],
    }).map(([key, conditions]) => {
      const where = and(liveGrant, ...conditions);
      const page = db
        .select()
        .from(grants)
        .where(where)
        .orderBy(asc(grants.endsAt), asc(grants.id))
        .limit(sql.placeholder('limit'))
        .offset(sql.placeholder('offset'))
        .prepare();
      const total = db.select({ total: count() }).from(grants).where(where).prepare();
      return [key, { page, total }];
    }),
  );

  function statementsFor(filter: GrantFilter) {
    const given = (['beneficiary', 'among'] as const).filter((key) => filter[key] !== undefined);
    const found = statements.get(given.join(' '));
    if (found === undefined) {
      throw new Error(`No statement filters live grants by ${given.join(' and ')}.`);
    }
    return found;
  }

  return {
    page(filter: GrantFilter, page: { offset: number; limit: number }): Grant[] {
      return statementsFor(filter)
        .page.all({ ...values(filter), ...page })
        .map(toGrant);
    },
    count(filter: GrantFilter): number {
      return statementsFor(filter).total.get(values(filter))?.total ?? 0;
    },
  };
}

function values({ among, ...filter }: GrantFilter): Record<string, unknown> {
  const keys = among?.map(({ resource, role }) => `${resource}:${role}`);
  return keys === undefined ? filter : { ...filter, among: JSON.stringify(keys) };
}
