import type { SeenMessage } from '../emulated-slack/ledger.js';
import { SECOND_MS } from '../domain/time.js';
import { clicksApprove, reads, types } from './acts.js';
import { APPROVALS, REQUEST, WINDOW_SECONDS } from './cast.js';
import { checkAudit } from './check-audit.js';
import { nobodyHolds, sessionIsCut, somebodyHolds } from './proofs.js';
import type { Stage } from './stage.js';

/** A window opens and closes; each chapter shows it to people, and then in the target itself. */
export async function playStory(stage: Stage): Promise<void> {
  const { screen } = stage;
  screen.chapter("Before: dana can't read the orders");
  await nobodyHolds(stage);

  screen.chapter('Dana asks');
  const card = await ask(stage);

  screen.chapter("Who may not approve, can't");
  await refuse(stage, card);

  screen.chapter('Mia approves');
  await approve(stage, card);

  screen.chapter('Dana has it, and uses it');
  const session = await somebodyHolds(stage);

  screen.chapter('Who has it?');
  await whoHas(
    stage,
    'Mia reads who has it, until when, and by whose leave',
    /@dana · prod-db:readonly · until/,
  );

  screen.chapter('The reminder');
  await remind(stage);

  screen.chapter('The end');
  await end(stage, card);

  screen.chapter('It is really gone');
  await nobodyHolds(stage);
  await sessionIsCut(stage, session);

  screen.chapter('Who has it now?');
  await whoHas(stage, 'Mia reads that nobody has it', /^Nobody holds/);

  screen.chapter('The audit trail');
  await checkAudit(stage);
}

async function ask(stage: Stage): Promise<SeenMessage> {
  const { world } = stage;
  await types(stage, {
    user: 'dana',
    text: REQUEST,
    what: 'Dana reads at once what was understood, and who was asked',
    words: /Asked: prod-db:readonly .* for 12 s.*[\s\S]*2 people are pinged/,
  });
  return await reads(stage, {
    what: 'A card asks the approvers',
    where: `#${APPROVALS.name}, as mia reads it`,
    reader: 'mia',
    find: () => world.messagesIn(APPROVALS.name)[0],
    words: /stuck migration 4711[\s\S]*\[Approve\] \[Deny\]/,
  });
}

async function refuse(stage: Stage, card: SeenMessage): Promise<void> {
  const { world, screen, expectations } = stage;
  screen.say('Max is no approver. Dana asked for herself.');
  await clicksApprove(stage, {
    card,
    user: 'max',
    what: "A stranger's click is refused, and max is told why",
    words: /not among the approvers/,
  });
  await clicksApprove(stage, {
    card,
    user: 'dana',
    what: "The requester's own click is refused, and dana is told why",
    words: /Nobody decides their own access/,
  });
  const textOfCard = (): string => world.textOf(world.current(card) ?? card);
  await expectations.expect({
    what: 'The card still waits for a decision',
    look: () => textOfCard().includes('[Approve] [Deny]'),
    instead: textOfCard,
  });
}

async function approve(stage: Stage, card: SeenMessage): Promise<void> {
  const { world } = stage;
  await clicksApprove(stage, {
    card,
    user: 'mia',
    what: 'Mia is told that her click counts',
    words: /^Approved: prod-db:readonly for @dana/,
  });
  await reads(stage, {
    what: 'The card says who approved, and until when',
    where: `#${APPROVALS.name}, as mia reads it: the same message, drawn anew`,
    reader: 'mia',
    find: () => world.current(card),
    words: /Approved by @mia\. Access until /,
  });
  await reads(stage, {
    what: 'Dana is told how to use it',
    where: 'DM to dana',
    reader: 'dana',
    find: () => world.dmsTo('dana')[0],
    words: /Access until .*[\s\S]*How to use/,
  });
}

async function whoHas(stage: Stage, what: string, words: RegExp): Promise<void> {
  await types(stage, { user: 'mia', text: 'who-has prod-db', what, words });
}

async function remind(stage: Stage): Promise<void> {
  const { world, screen } = stage;
  screen.say(`Of a window of ${WINDOW_SECONDS} s it comes at the half. Waiting …`);
  await reads(stage, {
    what: 'Dana is reminded before the end',
    where: 'DM to dana, a second message',
    reader: 'dana',
    find: () => world.dmsTo('dana')[1],
    words: /This access ends[\s\S]*\[I'm done\] \[Extend\]/,
    withinMs: (WINDOW_SECONDS + 10) * SECOND_MS,
  });
}

async function end(stage: Stage, card: SeenMessage): Promise<void> {
  const { world, screen } = stage;
  screen.say('Nobody does anything. Waiting …');
  await reads(stage, {
    what: 'The card says that the access ended',
    where: `#${APPROVALS.name}, as mia reads it`,
    reader: 'mia',
    find: () => world.current(card),
    words: /The access ended /,
    withinMs: (WINDOW_SECONDS + 10) * SECOND_MS,
  });
  await reads(stage, {
    what: "Dana's message says so too",
    where: 'DM to dana',
    reader: 'dana',
    find: () => world.dmsTo('dana')[0],
    words: /The access ended /,
  });
}
