/** Puts a pending request on the terms that the catalog, the map and the targets give now, or voids it. */
import type { AuditEntry } from '../domain/audit.js';
import type { Catalog } from '../domain/catalog.js';
import type { Change } from '../domain/change.js';
import { termsDiffer } from '../domain/decide.js';
import type { Offer } from '../domain/decide.js';
import { HALLPASS } from '../domain/grant-life.js';
import { asRequestId } from '../domain/ids.js';
import type { RequestId } from '../domain/ids.js';
import { owe } from '../domain/message.js';
import { mayTakePart } from '../domain/person.js';
import type { Person } from '../domain/person.js';
import { renew, renewalOccasion } from '../domain/renewal.js';
import type { Renewal, Untenable } from '../domain/renewal.js';
import type { AccessRequest, PendingRequest, TermsEntitlement } from '../domain/request.js';
import type { Instant } from '../domain/time.js';
import type { DueCursor } from '../ports.js';
import { commitFresh } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { offerOf } from './find-offer.js';
import { ownAccount, resolveTerms } from './resolve-terms.js';
import { owedInThreads } from './thread-lines.js';
import { partiesOf, voided } from './void-request.js';

export type RenewDeps = Pick<
  Deps,
  'store' | 'wakeups' | 'clock' | 'connectors' | 'catalogs' | 'directory' | 'log' | 'callTimeoutMs'
>;

/** `away`: a target that did not answer. */
type Read =
  | { readonly kind: 'terms'; readonly offer: Offer; readonly terms: readonly TermsEntitlement[] }
  | { readonly kind: 'untenable'; readonly why: Untenable }
  | { readonly kind: 'unclear'; readonly away: string | null };

const UNCLEAR: Read = { kind: 'unclear', away: null };
const PAGE = 100;

/**
 * Every pending request, one after another: a target that does not answer is waited for once in a look. Cards may look
 * different although the terms are the same: others are in a group by now, or a stand-in's time is over.
 */
export async function renewAll(deps: RenewDeps, goesOn: () => boolean): Promise<void> {
  const away = new Set<string>();
  let after: DueCursor | null = null;
  for (;;) {
    // Whatever is pending has a moment at which it expires.
    const query = { before: Number.MAX_SAFE_INTEGER, now: deps.clock.now(), after, limit: PAGE };
    const page = await deps.store.due('request', query);
    if (page.length > 0) {
      await redraw(
        deps,
        page.map(({ id }) => asRequestId(id)),
      );
    }
    for (const { id } of page) {
      if (!goesOn()) {
        return;
      }
      try {
        await renewTerms(deps, asRequestId(id), away);
      } catch (error) {
        deps.log.error({ requestId: id, err: error }, 'A request could not be held against the catalog');
      }
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) {
      return;
    }
    after = { at: last.at, id: last.id };
  }
}

/** Changes nothing while it can't be known what the terms would be. Adds to `away` what did not answer. */
export async function renewTerms(
  deps: RenewDeps,
  id: RequestId,
  away: Set<string> = new Set(),
): Promise<void> {
  const { catalog, endingOnly } = deps.catalogs.current();
  const request = await deps.store.request(id);
  if (request?.state !== 'pending' || endingOnly) {
    return;
  }
  const read = await readTerms(deps, catalog, request, away);
  if (read.kind === 'unclear') {
    if (read.away !== null) {
      away.add(read.away);
    }
    return;
  }
  const shared = read.kind === 'terms' && (await isAnothers(deps, request, read.terms));
  await commitFresh(deps, async () => {
    const row = await deps.store.request(id);
    const now = deps.clock.now();
    // With another catalog in force by now, a look of its own follows.
    const isCurrent = deps.catalogs.current().catalog === catalog;
    const waits = row?.state === 'pending' && now < row.expiresAt && isCurrent ? row : null;
    if (waits === null) {
      return { change: null, outcome: undefined };
    }
    const renewal: Renewal = shared
      ? { kind: 'untenable', why: 'account-shared' }
      : read.kind === 'terms'
        ? renew(waits, read.offer, read.terms, catalog.sha256, now)
        : read;
    return { change: await changeBy(deps, waits, renewal, catalog.sha256, now), outcome: undefined };
  });
}

/** Targets are asked only where the catalog or the names have changed: what they hold is looked at in any case before it is given. */
async function readTerms(
  deps: RenewDeps,
  catalog: Catalog,
  request: PendingRequest,
  away: ReadonlySet<string>,
): Promise<Read> {
  const offer = offerOf(catalog, request.resource, request.role);
  if (offer === null) {
    return { kind: 'untenable', why: 'not-offered' };
  }
  const beneficiary = await deps.directory.person(request.beneficiary);
  // Whoever can no longer take part is let go of, which voids the request with its own words.
  if (typeof beneficiary === 'string' || !mayTakePart(beneficiary)) {
    return UNCLEAR;
  }
  const accounts = accountsOf(catalog, request, beneficiary);
  if (catalog.sha256 === request.catalogSha256 && !termsDiffer(request, { accounts }, offer)) {
    return { kind: 'terms', offer, terms: request.entitlements };
  }
  if (offer.role.entitlements.some(({ connector }) => away.has(connector))) {
    return UNCLEAR;
  }
  const resolved = await resolveTerms(deps, { catalog, role: offer.role, beneficiary });
  if (resolved.ok) {
    return { kind: 'terms', offer, terms: resolved.value };
  }
  const { refusal } = resolved;
  if (refusal.code === 'no-account' || refusal.code === 'account-shared') {
    return { kind: 'untenable', why: refusal.code };
  }
  return refusal.code === 'target-unavailable' ? { kind: 'unclear', away: refusal.connector } : UNCLEAR;
}

function accountsOf(catalog: Catalog, request: PendingRequest, beneficiary: Person) {
  return new Map(
    request.entitlements.map(
      ({ connector }) => [connector, { beneficiary: ownAccount(catalog, connector, beneficiary) }] as const,
    ),
  );
}

/** Whether what somebody else holds or waits for is tied to one of these accounts. */
async function isAnothers(
  deps: RenewDeps,
  { beneficiary }: PendingRequest,
  terms: readonly TermsEntitlement[],
): Promise<boolean> {
  for (const { connector, account } of terms) {
    const owners = await deps.store.ownersOf({ connector, accountId: account.id });
    if (owners.some((owner) => owner !== beneficiary)) {
      return true;
    }
  }
  return false;
}

async function changeBy(
  deps: RenewDeps,
  request: PendingRequest,
  renewal: Renewal,
  catalogSha256: string,
  now: Instant,
): Promise<Change | null> {
  switch (renewal.kind) {
    case 'same':
      // Targets are not asked again under this catalog.
      return request.catalogSha256 === catalogSha256
        ? null
        : { at: now, requests: [{ ...request, catalogSha256 }], audit: [] };
    case 'untenable':
      return voided(request, renewal.why, now);
    case 'renewed':
      return await renewed(deps, request, renewal, now);
    default:
      return renewal satisfies never;
  }
}

async function renewed(
  deps: RenewDeps,
  before: PendingRequest,
  { request, changed }: Extract<Renewal, { kind: 'renewed' }>,
  now: Instant,
): Promise<Change> {
  const { id } = request;
  const occasion = renewalOccasion(request.termsVersion, changed);
  const audit: AuditEntry = {
    kind: 'request.terms-changed',
    actor: HALLPASS,
    requestId: id,
    facts: {
      changed,
      termsVersion: request.termsVersion,
      policyBefore: before.policy,
      policy: request.policy,
      durationMsBefore: before.durationMs,
      durationMs: request.durationMs,
      accountsBefore: accountTexts(before),
      accounts: accountTexts(request),
      catalogSha256: request.catalogSha256,
    },
  };
  return {
    at: now,
    requests: [request],
    redraw: [id],
    notices: [
      ...(await owedInThreads(deps, { kind: 'request-terms-changed', subject: id, occasion })),
      ...partiesOf(request).map((to) => owe({ kind: 'request-renewed', subject: id, occasion, to })),
    ],
    audit: [audit],
  };
}

function accountTexts({ entitlements }: AccessRequest): string[] {
  return entitlements.map(
    ({ connector, role, account, fingerprint }) =>
      `${connector}/${role}/${account.name} (${account.id}) in ${fingerprint}`,
  );
}

async function redraw(deps: RenewDeps, ids: readonly RequestId[]): Promise<void> {
  await commitFresh(deps, async () => ({
    change: { at: deps.clock.now(), audit: [], redraw: ids },
    outcome: undefined,
  }));
}
