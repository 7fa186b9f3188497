/** What became of each request. */
import { ON_ITS_WAY_MS, type Evidence } from './evidence-type.js';

export function decidedByApprovers({
  requests,
  decisions,
  grants,
  audit,
  approvers,
  approvalsNeeded,
}: Evidence): string[] {
  const problems: string[] = [];
  for (const { id, state, requester, beneficiary, policy, grantId, extendsGrant } of requests) {
    const votes = decisions.filter(({ requestId }) => requestId === id);
    for (const { approver } of votes) {
      if (!approvers.includes(approver) || approver === requester || approver === beneficiary) {
        problems.push(`${id} was decided by ${approver}, who may not`);
      }
    }
    const yes = new Set(votes.filter(({ verdict }) => verdict === 'approve').map(({ approver }) => approver));
    const needed = approvalsNeeded.get(policy) ?? Infinity;
    if (state === 'approved' && yes.size < needed) {
      problems.push(`${id} is approved by ${yes.size} of ${needed}`);
    }
    if (state === 'denied' && !votes.some(({ verdict }) => verdict === 'deny')) {
      problems.push(`${id} is denied, and nobody denied it`);
    }
    const opened = grants.filter(({ requestId }) => requestId === id).length;
    const expected = state === 'approved' && extendsGrant === null ? 1 : 0;
    if (opened !== expected) {
      problems.push(`${id} is ${state} and led to ${opened} grants`);
    }
    if ((state === 'approved') !== (grantId !== null)) {
      problems.push(`${id} is ${state} with grant ${grantId}`);
    }
    for (const kind of ['request.approved', 'grant.prolonged', 'request.submitted']) {
      const times = audit.filter(
        // One approval of several that are needed is none of the request.
        (event) => event.kind === kind && event.requestId === id && event.facts['complete'] !== false,
      ).length;
      if (times > 1) {
        problems.push(`${kind} is on record ${times} times for ${id}`);
      }
    }
  }
  return problems;
}

/**
 * Excused is what was acknowledged in the moment before a death: Slack's three seconds are kept by acknowledging first.
 * The account is looked up in the target before there is a request; the time that the target takes does not count.
 */
export function nothingIsLost(evidence: Evidence): string[] {
  const { asked, requests, typed, blackouts } = evidence;
  const lost = asked
    .filter(({ tag, answered }) => !answered && !requests.some(({ reason }) => reason === tag))
    .filter(
      ({ at }) =>
        !blackouts.some(
          ({ from, to }) => at <= to && from - stalledMs(evidence, at, from) <= at + ON_ITS_WAY_MS,
        ),
    )
    .map(({ tag }) => `${tag} was acknowledged, and is neither on record nor refused`);
  const doubled = [...typed]
    .map(([tag, times]) => ({ tag, times, rows: requests.filter(({ reason }) => reason === tag).length }))
    .filter(({ rows, times }) => rows > times)
    .map(({ tag, rows, times }) => `${tag} was typed ${times} times and is on record ${rows} times`);
  return [...lost, ...doubled];
}

function stalledMs({ stalls }: Evidence, after: number, before: number): number {
  return stalls
    .map(({ from, to }) => Math.max(0, Math.min(to, before) - Math.max(from, after)))
    .reduce((sum, each) => sum + each, 0);
}
