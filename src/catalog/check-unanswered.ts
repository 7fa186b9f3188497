import { formatDuration } from '../domain/duration.js';
import { duration } from './fields.js';
import { policySchema } from './schema.js';
import { matchesOf, valueAt, type Finding } from './yaml-tree.js';

/** What is done about a request that nobody answers is done before it expires. */
export function checkUnanswered(path: string[], policy: unknown): Finding[] {
  const expires = policySchema.shape.unanswered_after.safeParse(valueAt(policy, 'unanswered_after'));
  const late = expires.success
    ? [
        ...tooLate(policy, ['nudge', '*'], expires.data, 'nudge'),
        ...tooLate(policy, ['escalate', 'after'], expires.data, 'escalation'),
      ]
    : [];
  const found = [...late, ...sameChannel(policy)];
  return found.map((finding) => ({ ...finding, path: [...path, ...finding.path] }));
}

function tooLate(policy: unknown, at: readonly string[], expiresMs: number, what: string): Finding[] {
  return matchesOf(policy, at).flatMap((match): Finding[] => {
    const ms = duration.safeParse(match.value);
    const message = `a request expires after ${formatDuration(expiresMs)} (unanswered_after), so this ${what} never comes; shorten it`;
    return ms.success && ms.data >= expiresMs ? [{ path: match.path, at: 'value', message }] : [];
  });
}

function sameChannel(policy: unknown): Finding[] {
  const channel = valueAt(policy, 'escalate', 'channel');
  const message = 'the request stands in this channel already; name another one, or remove channel here';
  return typeof channel === 'string' && channel === valueAt(policy, 'channel')
    ? [{ path: ['escalate', 'channel'], at: 'value', message }]
    : [];
}
