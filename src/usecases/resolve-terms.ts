import type { Catalog, Role, RoleEntitlement } from '../domain/catalog.js';
import { accountNameOf, isMappedToAnother } from '../domain/identity.js';
import type { Person } from '../domain/person.js';
import type { Refusal } from '../domain/refusal.js';
import type { TermsEntitlement } from '../domain/request.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import { ConnectorError } from '../ports.js';
import { callTarget, connectorOf } from './call-target.js';
import type { Deps } from './deps.js';

type ResolveDeps = Pick<Deps, 'connectors' | 'callTimeoutMs' | 'log'>;

/** Finds the beneficiary's account in each target of a role: by the catalog's rules, and then in the target. */
export async function resolveTerms(
  deps: ResolveDeps,
  input: { catalog: Catalog; role: Role; beneficiary: Person },
): Promise<Result<TermsEntitlement[], Refusal>> {
  const terms: TermsEntitlement[] = [];
  for (const { connector, role } of input.role.entitlements) {
    const rules = input.catalog.connectors.get(connector)?.identity;
    const named =
      rules === undefined
        ? ({ found: false, detail: { why: 'no-rule' } } as const)
        : accountNameOf(rules, input.beneficiary);
    if (!named.found) {
      return refuse({ code: 'no-account', connector, who: input.beneficiary.userId, detail: named.detail });
    }
    if (rules !== undefined && isMappedToAnother(rules, input.beneficiary, named.name)) {
      return refuse({ code: 'account-shared', connector, account: named.name });
    }
    const resolved = await resolveInTarget(deps, { connector, role }, named.name, input.beneficiary);
    if (!resolved.ok) {
      return resolved;
    }
    terms.push({ connector, role, ...resolved.value });
  }
  return accept(terms);
}

async function resolveInTarget(
  deps: ResolveDeps,
  { connector: name, role }: RoleEntitlement,
  account: string,
  person: Person,
): Promise<Result<Pick<TermsEntitlement, 'account' | 'fingerprint'>, Refusal>> {
  try {
    const connector = connectorOf(deps.connectors, name);
    return accept(await callTarget(deps.callTimeoutMs, (call) => connector.resolve(account, role, call)));
  } catch (error) {
    if (!(error instanceof ConnectorError)) {
      throw error;
    }
    deps.log.warn(
      { connector: name, kind: error.kind, err: error },
      'An account could not be looked up in its target',
    );
    return refuse(toRefusal(error, name, account, person));
  }
}

function toRefusal(error: ConnectorError, connector: string, account: string, person: Person): Refusal {
  switch (error.kind) {
    case 'unknown-account':
      return { code: 'no-account', connector, who: person.userId, detail: { why: 'not-in-target', account } };
    case 'unreachable':
    case 'retryable':
      return { code: 'target-unavailable', connector };
    case 'final':
    case 'wrong-target':
      return { code: 'target-refuses', connector, text: error.message };
  }
}

/** The account that a person may be given access through now; null for one that the map gives to another. */
export function ownAccount(catalog: Catalog, connector: string, person: Person): string | null {
  const rules = catalog.connectors.get(connector)?.identity;
  const named = rules === undefined ? null : accountNameOf(rules, person);
  return rules === undefined || named?.found !== true || isMappedToAnother(rules, person, named.name)
    ? null
    : named.name;
}

/**
 * The account that is theirs by the map, to be compared with that of others: an address that is not confirmed gives
 * nobody access, and makes nobody another person either. No target is asked.
 */
export function mappedAccount(catalog: Catalog, connector: string, person: Person): string | null {
  const rules = catalog.connectors.get(connector)?.identity;
  const named = rules === undefined ? null : accountNameOf(rules, { ...person, emailConfirmed: true });
  return named?.found === true ? named.name : null;
}
