/** Ids of entitlements as people read and type them: no longer than tells one from all others. */
import { asEntitlementId } from '../domain/ids.js';
import type { EntitlementId } from '../domain/ids.js';
import type { Deps } from './deps.js';

type IdDeps = Pick<Deps['store'], 'entitlement' | 'entitlementIds'>;

const MARK = 'E-';
const SHOWN = MARK.length + 8;
const SHORTEST_TYPED = MARK.length + 6;

/** The whole id where the short form would be another's, too. */
export async function shortId(store: IdDeps, id: EntitlementId): Promise<string> {
  const short = id.slice(0, SHOWN);
  return (await store.entitlementIds(short)).length === 1 ? short : id;
}

/** Of an id, or of how it begins, with or without its mark. */
export async function findEntitlement(
  store: IdDeps,
  typed: string,
): Promise<EntitlementId | 'none' | 'several'> {
  const whole = asEntitlementId(typed);
  if ((await store.entitlement(whole)) !== null) {
    return whole;
  }
  const beginning = `${MARK}${typed.replace(/^e-/i, '').toLowerCase()}`;
  const [one, another] = beginning.length < SHORTEST_TYPED ? [] : await store.entitlementIds(beginning);
  return one === undefined ? 'none' : another === undefined ? one : 'several';
}
