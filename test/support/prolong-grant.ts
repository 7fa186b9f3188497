/** Puts the end of a grant forward by one millisecond, many times, against whoever does the same. */
import { asGrantId } from '../../src/domain/ids.js';
import { createStore } from '../../src/store/create-store.js';
import { openDatabase } from '../../src/store/open-database.js';

const [path = '', id = '', times = ''] = process.argv.slice(2);
const store = createStore({ database: await openDatabase({ path, role: 'beside' }) });
let done = 0;
while (done < Number(times)) {
  const grant = await store.grant(asGrantId(id));
  if (grant === null || grant.state !== 'active') {
    throw new Error('The grant is gone.');
  }
  const outcome = await store.commit({
    at: grant.endsAt,
    // Read before anything is written: a transaction that took the write lock only then would fail.
    reliesOn: [{ table: 'grants', id: grant.id, version: grant.version }],
    grants: [{ ...grant, endsAt: grant.endsAt + 1 }],
    audit: [
      { kind: 'grant.prolonged', actor: { kind: 'operator', name: 'test' }, grantId: grant.id, facts: {} },
    ],
  });
  done += outcome === 'committed' ? 1 : 0;
}
await store.close();
