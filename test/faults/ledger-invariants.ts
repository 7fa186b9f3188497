/** What the functions have written down in the target, against its own catalogue and the windows. */
import { EXPIRY_GRACE_MS } from '../../src/domain/schedule.js';
import { heldTimes, isSame, lastEnd, whomText, type Evidence, type Whom } from './evidence-type.js';

export function ledgerAgrees(evidence: Evidence): string[] {
  const { mode, ledger, memberships } = evidence;
  if (mode === 'group') {
    return [];
  }
  const live = ledger.filter(({ ended }) => !ended);
  const held = memberships.filter(({ by }) => by === 'hallpass');
  const isIn = (all: readonly Whom[], whom: Whom): boolean => all.some((each) => isSame(each, whom));
  return [
    ...held
      .filter((each) => !isIn(live, each))
      .map((each) => `${whomText(each)} is held and not written down`),
    ...live
      .filter((each) => !isIn(held, each))
      .map((each) => `${whomText(each)} is written down and not held`),
    ...ledger
      .filter(({ ended, cleaned }) => ended && !cleaned)
      .map((each) => `${whomText(each)} has ended, and its sessions are not known to be over`),
    ...timesDiffer(evidence),
  ];
}

/** Each time that it was held is one row. */
function timesDiffer(evidence: Evidence): string[] {
  const all = new Map([...evidence.ledger, ...evidence.changes].map((each) => [whomText(each), each]));
  return [...all].flatMap(([text, whom]) => {
    const held = heldTimes(evidence, whom).length;
    const rows = evidence.ledger.filter((each) => isSame(each, whom)).length;
    return held === rows ? [] : [`${text} was held ${held} times, and is written down ${rows} times`];
  });
}

/** Should Hallpass be gone, the target ends it by itself, a little after the window. */
export function targetKnowsTheEnd(evidence: Evidence): string[] {
  return evidence.ledger
    .filter(({ ended }) => !ended)
    .flatMap((row) => {
      const end = lastEnd(evidence, row);
      return end === null || row.until === end + EXPIRY_GRACE_MS
        ? []
        : [`${whomText(row)} would end by itself ${row.until - end} ms after its window`];
    });
}
