import { formatDuration } from '../domain/duration.js';
import type { ByHandView, StuckView } from '../domain/views.js';
import { toUtcText } from '../domain/time.js';
import type { Instant } from '../domain/time.js';
import { MARKED_ADVICE, stuckAdvice } from '../domain/what-to-do.js';
import { readStuck } from '../usecases/list-stuck.js';
import { createSystemClock } from '../wakeups/system-clock.js';
import type { Command } from './command.js';
import { withStore } from './with-store.js';

const PAGE = 200;

/** Lists every revocation that is not done, with what to do about it. */
export async function stuck(command: Command): Promise<number> {
  const clock = createSystemClock();
  return await withStore(command, async (store) => {
    let offset = 0;
    for (;;) {
      const page = await readStuck({ store, clock }, { offset, pageSize: PAGE });
      if (offset === 0) {
        command.out(heading(page.total));
      }
      page.stuck.forEach((each) => command.out(`\n${entry(each, page.at)}`));
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

function entry(row: StuckView, at: Instant): string {
  const { id, connector, role, account, holder, failing, kind, byHand } = row;
  const lines: readonly (readonly [string, string])[] = [
    ['connector', connector],
    ['role', role],
    ['account', account.name],
    ['holder', holder ?? 'unknown'],
    ['since', `${toUtcText(failing.since)} (${formatDuration(at - failing.since)})`],
    ['tries', String(failing.attempts)],
    ['error', `${failing.text} (${kind})`],
    ...(byHand === null ? [] : [['marked', markedText(byHand)] as const]),
    ['to do', byHand === null ? stuckAdvice(kind) : MARKED_ADVICE],
  ];
  return [id, ...lines.map(([label, text]) => `  ${label.padEnd(10)} ${printable(text)}`)].join('\n');
}

function markedText({ by, at }: ByHandView): string {
  const who = by.kind === 'person' ? by.userId : by.kind === 'operator' ? by.name : 'Hallpass';
  return `as removed by hand by ${who}, ${toUtcText(at)}; could not be read back`;
}

/** A name out of a target must not move the cursor, nor begin a line. */
function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
