import type { Database as Connection } from 'better-sqlite3';
import type { UserId } from '../domain/ids.js';
import { asUserId } from '../domain/ids.js';
import { LIVE_STATES } from './schema.js';

/** Who holds what is open, or waits for something: by id, in pages, each read from an index. */
export function preparePeopleInvolved(connection: Connection) {
  // The state of an ending grant stands in the index of the live ones, and is left out there.
  const page = connection
    .prepare<{ after: string; limit: number }, string>(
      `SELECT beneficiary AS person FROM grants
       WHERE state IN (${LIVE_STATES}) AND state <> 'ending' AND beneficiary > @after
       UNION SELECT beneficiary FROM requests WHERE state = 'pending' AND beneficiary > @after
       UNION SELECT requester FROM requests WHERE state = 'pending' AND requester > @after
       ORDER BY person LIMIT @limit`,
    )
    .pluck();

  return function peopleInvolved(query: { after: UserId | null; limit: number }): UserId[] {
    return page.all({ after: query.after ?? '', limit: query.limit }).map(asUserId);
  };
}
