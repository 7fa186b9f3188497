import { formatDuration } from '../domain/duration.js';
import { isWordTaken } from '../domain/stuck.js';
import type { ByHandView, StuckPage } from '../domain/views.js';
import { toUtcText } from '../domain/time.js';
import type { Instant } from '../domain/time.js';
import { markedAdvice, stuckAdvice } from '../domain/what-to-do.js';
import { readStuck } from '../usecases/list-stuck.js';
import { createSystemClock } from '../wakeups/system-clock.js';
import { actorName } from './actor-name.js';
import type { Command } from './command.js';
import { reasonsOfMarks } from './reasons-of-marks.js';
import { withStore } from './with-store.js';

const PAGE = 200;

/** Lists every revocation that is not done, with what to do about it. */
export async function stuck(command: Command): Promise<number> {
  const clock = createSystemClock();
  return await withStore(command, async (store) => {
    let offset = 0;
    let reasons: ReadonlyMap<string, string> | null = null;
    for (;;) {
      const page = await readStuck({ store, clock }, { offset, pageSize: PAGE });
      if (offset === 0) {
        command.out(heading(page.total));
      }
      const isMarked = page.stuck.some(({ byHand }) => byHand !== null);
      reasons ??= isMarked ? await reasonsOfMarks(store) : null;
      page.stuck.forEach((each) => command.out(`\n${entry(each, page.at, reasons?.get(each.id))}`));
      offset += PAGE;
      if (offset >= page.total) {
        return 0;
      }
    }
  });
}

function heading(total: number): string {
  return total === 0
    ? 'Nothing is stuck: all that should be gone was read back as gone.'
    : `${total} ${total === 1 ? 'revocation is' : 'revocations are'} not done.`;
}

type Listed = StuckPage['stuck'][number];

function entry(row: Listed, at: Instant, reason: string | undefined): string {
  const { shortId, connector, role, account, holder, failing, kind, byHand } = row;
  const { nextAt } = failing;
  const wasLookedAt = isWordTaken({ byHand, nextAt });
  const lines: readonly (readonly [label: string, text: string | null | undefined])[] = [
    ['connector', connector],
    ['role', role],
    ['account', account.name],
    ['holder', holder === null ? 'unknown' : `${holder} (${account.name})`],
    ['since', `${toUtcText(failing.since)} (${formatDuration(at - failing.since)})`],
    ['tries', String(failing.attempts)],
    [byHand === null ? 'error' : 'last error', `${failing.text} (${kind})`],
    ['marked', byHand === null ? null : markedText(byHand, wasLookedAt)],
    ['reason', byHand === null ? null : reason],
    ['next look', nextAt === null ? null : nextText(nextAt, at)],
    ['to do', byHand === null ? stuckAdvice(kind) : markedAdvice(wasLookedAt)],
  ];
  const told = lines.flatMap(([label, text]) =>
    text === null || text === undefined ? [] : [`  ${label.padEnd(10)} ${printable(text)}`],
  );
  return [shortId, ...told].join('\n');
}

function markedText({ by, at }: ByHandView, wasLookedAt: boolean): string {
  const found = wasLookedAt ? 'could not be read back' : 'not looked at since';
  return `as removed by hand by ${actorName(by)}, ${toUtcText(at)}; ${found}`;
}

function nextText(nextAt: Instant, at: Instant): string {
  return nextAt <= at ? 'now' : `${toUtcText(nextAt)} (in ${formatDuration(nextAt - at)})`;
}

/** A name out of a target must not move the cursor, nor begin a line. */
function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
