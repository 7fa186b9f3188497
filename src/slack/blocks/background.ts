import { formatDuration } from '../../domain/duration.js';
import type { EndCause } from '../../domain/grant.js';
import type { AccessRequest } from '../../domain/request.js';
import type { BackgroundView, EarlierView } from '../../domain/views.js';
import { localText } from '../start-time.js';
import { SHOWN } from './limits.js';
import { code, counted, listedUpTo, person, said, when } from './text.js';

/** What helps to decide, in small print: none of it decides anything. */
export function backgroundLines(request: AccessRequest, background: BackgroundView | null): string[] {
  if (background === null) {
    return [];
  }
  return [
    ...(request.extendsGrant === null ? [earlierText(request, background)] : []),
    ...holdsLines(request, background),
    ...standingLines(background),
    ...(background.timeZone === null
      ? []
      : [`Asked ${said(localText(request.createdAt, background.timeZone), SHOWN.title)}, by their clock.`]),
  ];
}

function earlierText({ beneficiary }: AccessRequest, { earlier, earlierTotal }: BackgroundView): string {
  if (earlierTotal === 0) {
    return `The first request for this role for ${person(beneficiary)}.`;
  }
  const shown = earlier.map((one) => `${when(one.request.createdAt)} ${becameText(one)}`);
  const of = earlierTotal > earlier.length ? `, of ${earlierTotal}` : '';
  return `Last ${counted(earlier.length, 'request')} for ${person(beneficiary)}${of}: ${shown.join('; ')}.`;
}

export function becameText({ request, grant }: EarlierView): string {
  if (request.state !== 'approved' || grant === null) {
    return request.state;
  }
  const length = formatDuration(grant.endsAt - grant.startsAt);
  switch (grant.state) {
    case 'scheduled':
      return `approved for ${length}, not begun`;
    case 'opening':
      return `approved for ${length}, not there yet`;
    case 'active':
      return `held now, until ${when(grant.endsAt)}`;
    case 'failed':
      return 'approved, never opened';
    case 'ending':
      return `approved for ${length}, over and not known to be gone yet`;
    case 'ended':
      return `approved for ${length}, ${endedText(grant.ending.cause)}`;
    default:
      return grant satisfies never;
  }
}

function endedText(cause: EndCause): string {
  switch (cause) {
    case 'window':
      return 'kept to the end';
    case 'done':
      return 'given back early';
    case 'revoked':
      return 'revoked';
    case 'not-opened':
      return 'never opened';
    case 'left':
      return 'ended as they left';
    default:
      return cause satisfies never;
  }
}

function holdsLines({ beneficiary, resource }: AccessRequest, { holds }: BackgroundView): string[] {
  const names = holds.map(({ role, endsAt }) => `${code(role)} until ${when(endsAt)}`);
  return names.length === 0
    ? []
    : [`${person(beneficiary)} holds of ${code(resource)} already: ${listedUpTo(5, names)}.`];
}

function standingLines({ standing }: BackgroundView): string[] {
  const names = standing.map(({ connector, role }) => `${code(role)} in ${code(connector)}`);
  return names.length === 0
    ? []
    : [`Standing access, not given by Hallpass: ${listedUpTo(SHOWN.entitlements, names)}.`];
}
