/** Makes the secret of a running access anew and hands it to its holder, once. Nothing keeps it. */
import type { RevealInput, Revealed, RevealedSecret } from '../domain/asking.js';
import type { AuditEntry } from '../domain/audit.js';
import { aboutEntitlement } from '../domain/converged.js';
import type { Entitlement } from '../domain/entitlement.js';
import type { ActiveGrant } from '../domain/grant.js';
import type { Refusal } from '../domain/refusal.js';
import { accept, refuse } from '../domain/result.js';
import type { Result } from '../domain/result.js';
import { ConnectorError } from '../ports.js';
import type { Connector } from '../ports.js';
import { callTarget, connectorOf } from './call-target.js';
import { commitFresh } from './commit-fresh.js';
import type { Decided } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { titleOf } from './find-offer.js';
import { orAlreadyHandled, refused } from './refusing.js';

type RevealDeps = Pick<
  Deps,
  'store' | 'wakeups' | 'clock' | 'catalogs' | 'connectors' | 'log' | 'callTimeoutMs'
>;

type Found = { readonly grant: ActiveGrant; readonly secrets: readonly Entitlement[] };

/** On record before it is made, and again before it is shown: what could not be written down is not shown. */
export async function revealSecret(deps: RevealDeps, input: RevealInput): Promise<Result<Revealed, Refusal>> {
  const begun = await begin(deps, input);
  if (!begun.ok) {
    return begun;
  }
  const { grant, secrets } = begun.value;
  const revealed: RevealedSecret[] = [];
  for (const entitlement of secrets) {
    const made = await make(deps, entitlement);
    if (!made.ok) {
      return made;
    }
    revealed.push(made.value);
  }
  const shown = await record(deps, input, begun.value);
  return shown.ok
    ? accept({
        grant,
        title: titleOf(deps.catalogs.current().catalog, grant.resource, grant.role),
        secrets: revealed,
      })
    : shown;
}

async function begin(deps: RevealDeps, input: RevealInput): Promise<Result<Found, Refusal>> {
  const outcome = await commitFresh(deps, async () => {
    const found = await find(deps, input);
    const now = deps.clock.now();
    if (!found.ok) {
      const { by: actor, grantId: about, delivery } = input;
      return refused<Found>({
        refusal: found.refusal,
        kind: 'secret.refused',
        actor,
        about,
        delivery,
        now,
      });
    }
    const { grant, secrets } = found.value;
    const change = {
      at: now,
      delivery: input.delivery,
      audit: audited('secret.revealing', input, found.value),
      reliesOn: [
        { table: 'grants', id: grant.id, version: grant.version } as const,
        ...secrets.map(({ id, version }) => ({ table: 'entitlements', id, version }) as const),
      ],
    };
    return { change, outcome: accept(found.value) };
  });
  return orAlreadyHandled(outcome);
}

/** Only what this grant was given, and holds now, and only for whom it is. */
async function find(deps: RevealDeps, input: RevealInput): Promise<Result<Found, Refusal>> {
  const grant = await deps.store.grant(input.grantId);
  if (grant === null) {
    return refuse({ code: 'unknown-grant', typed: input.grantId });
  }
  if (grant.beneficiary !== input.by) {
    return refuse({ code: 'not-your-grant' });
  }
  if (grant.state !== 'active' || grant.endsAt <= deps.clock.now()) {
    return grant.state === 'opening' || grant.state === 'scheduled'
      ? refuse({ code: 'grant-not-active', grantId: grant.id })
      : refuse({ code: 'grant-over', grantId: grant.id });
  }
  const holds = await deps.store.holds(grant.id);
  const held = holds.filter(({ state }) => state === 'held');
  const rows = await Promise.all(
    held.map(async ({ entitlementId }) => await deps.store.entitlement(entitlementId)),
  );
  const secrets = rows.filter(
    (row) => row !== null && deps.connectors.get(row.connector)?.capabilities.issuesSecret === true,
  );
  return secrets.length === 0
    ? refuse({ code: 'no-secret', roleKey: `${grant.resource}:${grant.role}` })
    : accept({ grant, secrets: secrets.filter((row) => row !== null) });
}

async function make(deps: RevealDeps, entitlement: Entitlement): Promise<Result<RevealedSecret, Refusal>> {
  const { connector: name, role, account, fingerprint } = entitlement;
  try {
    const connector = connectorOf(deps.connectors, name);
    const { fields, howTo } = await callTarget(deps.callTimeoutMs, (call) =>
      reveal(connector)({ role, account, fingerprint }, call),
    );
    return accept({ connector: name, fields, howTo });
  } catch (error) {
    if (!(error instanceof ConnectorError)) {
      throw error;
    }
    deps.log.warn(
      { entitlementId: entitlement.id, connector: name, kind: error.kind, err: error },
      'A secret could not be made',
    );
    return error.kind === 'unreachable' || error.kind === 'retryable'
      ? refuse({ code: 'target-unavailable', connector: name })
      : refuse({ code: 'target-refuses', connector: name, text: error.message });
  }
}

function reveal(connector: Connector): NonNullable<Connector['reveal']> {
  if (connector.reveal === undefined) {
    throw new ConnectorError('final', 'This connector issues no secrets.');
  }
  return connector.reveal.bind(connector);
}

/** The window may have closed while the target was asked; its secret ends with it, and is not shown. */
async function record(deps: RevealDeps, input: RevealInput, found: Found): Promise<Result<null, Refusal>> {
  const outcome = await commitFresh(deps, async (): Promise<Decided<Result<null, Refusal>>> => {
    const grant = await deps.store.grant(found.grant.id);
    const now = deps.clock.now();
    if (grant === null || grant.state !== 'active' || grant.endsAt <= now) {
      return { change: null, outcome: refuse({ code: 'grant-over', grantId: found.grant.id }) };
    }
    const change = {
      at: now,
      audit: audited('secret.revealed', input, found),
      reliesOn: [{ table: 'grants', id: grant.id, version: grant.version } as const],
    };
    return { change, outcome: accept(null) };
  });
  return orAlreadyHandled(outcome);
}

function audited(
  kind: 'secret.revealing' | 'secret.revealed',
  { by }: RevealInput,
  { grant, secrets }: Found,
): AuditEntry[] {
  return secrets.map((entitlement) => ({
    ...aboutEntitlement(entitlement, kind, {}),
    actor: { kind: 'person', userId: by },
    grantId: grant.id,
    requestId: grant.requestId,
  }));
}
