import type { SeenMessage } from '../emulated-slack/ledger.js';
import { ACTION } from '../slack/action-ids.js';
import type { Stage } from './stage.js';
import type { Answer } from './target.js';

/** What people and the storyteller do on the stage, again and again. */

/** A command, and the answer that only its author sees. */
export async function types(stage: Stage, user: string, text: string, what: string): Promise<SeenMessage> {
  stage.screen.does(user, `types  /access ${text}`);
  return await answered(stage, { user, what }, () => stage.world.command({ user, text }));
}

/** A click on Approve that is answered with a refusal. */
export async function clicksInVain(
  stage: Stage,
  user: string,
  card: SeenMessage,
  what: string,
): Promise<SeenMessage> {
  stage.screen.does(user, 'clicks  [Approve]');
  return await answered(stage, { user, what }, () =>
    stage.world.click({ user, message: card, actionId: ACTION.approve }),
  );
}

async function answered(
  { world, screen, expectations }: Stage,
  { user, what }: { user: string; what: string },
  act: () => Promise<unknown>,
): Promise<SeenMessage> {
  const before = world.ephemeralsTo(user).length;
  await act();
  const answer = await expectations.expect({
    what,
    look: () => world.ephemeralsTo(user)[before],
    instead: () => `${user} was told nothing.`,
  });
  screen.message(`only ${user} sees`, world.textOf(answer, { reader: user }));
  return answer;
}

/** A message that comes, or changes, until it reads as it should. */
export async function reads(
  { world, screen, expectations }: Stage,
  looking: {
    readonly what: string;
    readonly reader: string;
    readonly where: string;
    readonly find: () => SeenMessage | undefined;
    readonly words: RegExp;
    readonly withinMs?: number;
  },
): Promise<SeenMessage> {
  const { what, reader, where, find, words, withinMs } = looking;
  const textOf = (message: SeenMessage | undefined): string =>
    message === undefined ? '' : world.textOf(message, { reader });
  const message = await expectations.expect({
    what,
    look: () => {
      const found = find();
      return words.test(textOf(found)) ? found : undefined;
    },
    instead: () => textOf(find()),
    ...(withinMs === undefined ? {} : { withinMs }),
  });
  screen.message(where, textOf(message));
  return message;
}

/** A query to the target that comes to what it should. */
export async function proves(
  { screen, expectations }: Stage,
  proof: {
    readonly what: string;
    readonly who: string;
    readonly sql: string;
    readonly ask: (sql: string) => Promise<Answer>;
    readonly holds: (answer: Answer) => boolean;
  },
): Promise<void> {
  const { what, who, sql, ask, holds } = proof;
  let last: Answer | null = null;
  const answer = await expectations.expect({
    what,
    look: async () => {
      last = await ask(sql.replaceAll('\n', ' '));
      return holds(last) ? last : undefined;
    },
    instead: () => (last === null ? 'The database did not answer.' : JSON.stringify(last)),
  });
  screen.proof(who, sql, answer);
}
