import { approvingNow, missingApprovers, stepsNow } from '../domain/approval.js';
import { groupsOf } from '../domain/catalog.js';
import { votersOn } from '../domain/decide.js';
import type { UserId } from '../domain/ids.js';
import { standInsFor } from '../domain/stand-ins.js';
import type { AccessRequest } from '../domain/request.js';
import type { Deps } from './deps.js';
import { offerOf } from './find-offer.js';
import { readMemberships } from './read-memberships.js';
import { readStandIns } from './read-stand-ins.js';

/** Whoever can give an approval that is missing, whether they are called on or not. */
export async function missingNow(
  deps: Pick<Deps, 'store' | 'catalogs' | 'directory' | 'clock'>,
  request: AccessRequest,
): Promise<UserId[]> {
  const { catalog } = deps.catalogs.current();
  const policy = offerOf(catalog, request.resource, request.role)?.policy;
  if (policy === undefined) {
    return [];
  }
  const decisions = await deps.store.decisions(request.id);
  const groups = groupsOf(stepsNow(policy, request));
  const memberships = await readMemberships(deps, catalog, groups, request);
  const standIns = standInsFor(request, await readStandIns(deps, catalog, { memberships, groups }));
  const approving = approvingNow(policy, request, standIns);
  const voters = votersOn(request, decisions, 'approve');
  const excluded = [request.requester, request.beneficiary, ...votersOn(request, decisions, 'deny')];
  return missingApprovers(approving, memberships, { voters, excluded });
}
