import type { SeenMessage } from '../emulated-slack/ledger.js';
import { ACTION } from '../slack/action-ids.js';
import type { Stage } from './stage.js';
import type { Answer } from './target.js';

/** What people and the storyteller do on the stage, again and again. */

type Looking = {
  /** What is expected, as a sentence. */
  readonly what: string;
  readonly reader: string;
  /** Where it is seen, and by whom. */
  readonly where: string;
  readonly find: () => SeenMessage | undefined;
  readonly words: RegExp;
  readonly withinMs?: number;
};

/** A message that comes, or changes, until it reads as it should. */
export async function reads(stage: Stage, looking: Looking): Promise<SeenMessage> {
  const { world, screen, expectations } = stage;
  const { what, reader, where, find, words, withinMs } = looking;
  const textOf = (message: SeenMessage): string => world.textOf(message, { reader, tight: true });
  return await expectations.expect({
    what,
    look: () => {
      const found = find();
      return found !== undefined && words.test(textOf(found)) ? found : undefined;
    },
    instead: () => {
      const found = find();
      return found === undefined ? 'There is no such message.' : textOf(found);
    },
    show: (message) => screen.message(where, textOf(message)),
    ...(withinMs === undefined ? {} : { withinMs }),
  });
}

type Answered = { readonly user: string; readonly what: string; readonly words: RegExp };

/** A command, and the answer that only its author sees. */
export async function types(stage: Stage, { text, ...answer }: Answered & { text: string }): Promise<void> {
  const { user } = answer;
  stage.screen.does(user, `types  /access ${text}`);
  await answered(stage, answer, () => stage.world.command({ user, text }));
}

/** A click on Approve, and the answer that only the one who clicked sees. */
export async function clicksApprove(
  stage: Stage,
  { card, ...answer }: Answered & { card: SeenMessage },
): Promise<void> {
  const { user } = answer;
  stage.screen.does(user, 'clicks  [Approve]');
  await answered(stage, answer, () => stage.world.click({ user, message: card, actionId: ACTION.approve }));
}

async function answered(
  stage: Stage,
  { user, what, words }: Answered,
  act: () => Promise<unknown>,
): Promise<void> {
  const before = stage.world.ephemeralsTo(user).length;
  await act();
  await reads(stage, {
    what,
    reader: user,
    where: `only ${user} sees`,
    find: () => stage.world.ephemeralsTo(user)[before],
    words,
  });
}

type Proof = {
  readonly what: string;
  readonly who: string;
  readonly sql: string;
  readonly ask: (sql: string) => Promise<Answer>;
  readonly holds: (answer: Answer) => boolean;
};

/** A query to the target that comes to what it should. */
export async function proves({ screen, expectations }: Stage, proof: Proof): Promise<void> {
  const { what, who, sql, ask, holds } = proof;
  let last: Answer | null = null;
  await expectations.expect({
    what,
    look: async () => {
      last = await ask(sql);
      return holds(last) ? last : undefined;
    },
    instead: () => (last === null ? 'The database did not answer.' : JSON.stringify(last)),
    show: (answer) => screen.proof(who, sql, answer),
  });
}
