/**
 * Owes the admins what a look at a target has found and nobody has dealt with. Decided from the rows alone, so
 * that no crash between what was found and its telling loses it.
 */
import type { ConnectorSpec } from '../domain/catalog.js';
import type { UserId } from '../domain/ids.js';
import { connectorSubject, owe } from '../domain/message.js';
import type { OwedNotice } from '../domain/message.js';
import type { Stray } from '../domain/stray.js';
import { DAY_MS, HOUR_MS } from '../domain/time.js';
import type { Instant } from '../domain/time.js';
import { adminsOf } from './admins.js';
import { commitFresh } from './commit-fresh.js';
import type { Deps } from './deps.js';
import { dryRunOf, enforcedRoles } from './expel-standing.js';

type TellDeps = Pick<
  Deps,
  'store' | 'wakeups' | 'clock' | 'catalogs' | 'directory' | 'log' | 'callTimeoutMs'
>;

export async function tellOfStrays(deps: TellDeps, connector: string): Promise<void> {
  const spec = deps.catalogs.current().catalog.connectors.get(connector);
  const open = await deps.store.openStrays(connector);
  if (spec === undefined || open.length === 0) {
    return;
  }
  const admins = await adminsOf(deps);
  if (admins.length === 0) {
    deps.log.error(
      { connector: spec.name },
      'Nobody can be found in the catalog to be told of unexplained access',
    );
    return;
  }
  const enforced = await enforcedRoles(deps, spec);
  const notices = owed(spec, open, enforced, { now: deps.clock.now(), admins });
  const known = await Promise.all(notices.map(async ({ id }) => await deps.store.notice(id)));
  const fresh = notices.filter((_, index) => known[index] === null);
  if (fresh.length > 0) {
    const change = { at: deps.clock.now(), audit: [], notices: fresh };
    await commitFresh(deps, async () => ({ change, outcome: undefined }));
  }
}

function owed(
  spec: ConnectorSpec,
  open: readonly Stray[],
  enforced: ReadonlySet<string>,
  { now, admins }: { now: Instant; admins: readonly UserId[] },
): OwedNotice[] {
  const subject = connectorSubject(spec.name);
  const newestOrphan = newest(open.filter(({ kind }) => kind === 'orphan'));
  const standing = open.filter(({ kind }) => kind === 'standing');
  const found = new Set(standing.map(({ foundAt }) => foundAt).filter((foundAt) => foundAt > now - DAY_MS));
  const dryRun = dryRunOf(spec, standing, enforced);
  return admins.flatMap((to) => [
    // Hourly until it is dealt with; a new one at once.
    ...(newestOrphan === null
      ? []
      : [
          owe({
            kind: 'orphans-found',
            subject,
            occasion: `${Math.floor(now / HOUR_MS)}.${newestOrphan.id}`,
            to,
          }),
        ]),
    ...[...found].map((foundAt) => owe({ kind: 'standing-found', subject, occasion: String(foundAt), to })),
    ...(dryRun.length === 0
      ? []
      : [owe({ kind: 'enforcement-asked', subject, occasion: String(Math.floor(now / DAY_MS)), to })]),
  ]);
}

function newest(strays: readonly Stray[]): Stray | null {
  return strays.reduce<Stray | null>(
    (latest, stray) => (latest === null || stray.foundAt > latest.foundAt ? stray : latest),
    null,
  );
}
