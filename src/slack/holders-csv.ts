/** Who has what now, as comma-separated values: one grant, or one access without a grant, a line. Moments in UTC. */
import { toUtcText } from '../domain/time.js';
import type { HolderView, HoldersExport, MarkedView, StandingView } from '../domain/views.js';
import { csv, type Columns } from './csv.js';

type Row = {
  readonly kind: 'grant' | 'standing' | 'removed-by-hand';
  readonly roleKey: string;
  readonly account: string;
  /** Known of access without a grant alone: a role may reach into several. */
  readonly connector: string;
  readonly grant: HolderView | null;
};

const COLUMNS: Columns<Row> = [
  ['kind', ({ kind }) => kind],
  ['role', ({ roleKey }) => roleKey],
  ['beneficiary', ({ grant }) => grant?.beneficiary ?? ''],
  ['connector', ({ connector }) => connector],
  ['accounts', ({ account }) => account],
  ['state', ({ grant }) => grant?.state ?? ''],
  ['window_start', ({ grant }) => (grant === null ? '' : toUtcText(grant.startsAt))],
  ['window_end', ({ grant }) => (grant === null ? '' : toUtcText(grant.endsAt))],
  ['approved_by', ({ grant }) => grant?.approvedBy.join(' ') ?? ''],
  ['in_place_of', ({ grant }) => grant?.inPlaceOf.map(({ delegator }) => delegator).join(' ') ?? ''],
  ['rule', ({ grant }) => grant?.autoRule ?? ''],
  ['emergency', ({ grant }) => (grant?.emergency === true ? 'yes' : '')],
  ['was_there_before', ({ grant }) => (grant?.standing === true ? 'yes' : '')],
  ['grant', ({ grant }) => grant?.grantId ?? ''],
  ['request', ({ grant }) => grant?.requestId ?? ''],
  ['reason', ({ grant }) => grant?.reason ?? ''],
];

export function holdersCsv({ holders, standing, marked }: HoldersExport): string {
  return csv(COLUMNS, [
    ...holders.map(ofGrant),
    ...standing.map((row) => withoutGrant('standing', row)),
    ...marked.map((row) => withoutGrant('removed-by-hand', row)),
  ]);
}

function ofGrant(grant: HolderView): Row {
  const account = grant.accounts.map(({ name }) => name).join(' ');
  return { kind: 'grant', roleKey: grant.roleKey, account, connector: '', grant };
}

function withoutGrant(
  kind: 'standing' | 'removed-by-hand',
  { roleKey, account, connector }: StandingView | MarkedView,
): Row {
  return { kind, roleKey, account, connector, grant: null };
}
