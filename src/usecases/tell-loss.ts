/** What is recorded and said when access ends because its holder could no longer ask for it. */
import type { AuditEntry } from '../domain/audit.js';
import type { Grant } from '../domain/grant.js';
import { HALLPASS } from '../domain/grant-life.js';
import { lostOccasion } from '../domain/lost-eligibility.js';
import type { Lost } from '../domain/lost-eligibility.js';
import { owe } from '../domain/message.js';
import type { OwedNotice } from '../domain/message.js';
import type { Deps } from './deps.js';
import { owedInThreads } from './thread-lines.js';

/** `catalogSha256`: by which it was judged. */
export type Loss = { readonly grant: Grant; readonly lost: Lost; readonly catalogSha256: string };

export async function tellLoss(
  deps: Pick<Deps, 'store'>,
  { grant, lost, catalogSha256 }: Loss,
): Promise<{ readonly audit: AuditEntry[]; readonly notices: OwedNotice[] }> {
  const { id: grantId, requestId, beneficiary, resource, role } = grant;
  const groups = lost.why === 'not-in' ? lost.groups : [];
  const facts = { beneficiary, resource, role, why: lost.why, groups, catalogSha256 };
  const line = { kind: 'request-access-lost', subject: requestId, occasion: lostOccasion(lost) } as const;
  return {
    audit: [{ kind: 'grant.eligibility-lost', actor: HALLPASS, grantId, requestId, facts }],
    notices: [
      owe({ kind: 'grant-revoked', subject: grantId, occasion: '', to: beneficiary }),
      ...(await owedInThreads(deps, line)),
    ],
  };
}
