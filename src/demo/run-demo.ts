import type { Command } from '../commands/command.js';
import { gatherBelongings } from './belongings.js';
import { createExpectations, exitCodeOf, Unmet, type Expectations } from './expectations.js';
import { createScreen, type Screen } from './screen.js';
import { setStage, WrongSettings } from './stage.js';
import { startTarget as startBestTarget } from './start-target.js';
import { playStory } from './story.js';

/** Plays the whole story and puts everything away. 0 when every expectation was met, else 1. */
export async function runDemo(command: Command, { startTarget = startBestTarget } = {}): Promise<number> {
  const startedAt = performance.now();
  const screen = createScreen({ out: (text) => command.out(text), colour: wantsColour(command) });
  const expectations = createExpectations({ report: screen, signal: command.stopping });
  const belongings = await gatherBelongings();
  let cameToItsEnd = false;
  try {
    screen.title("Hallpass: access for a short time, with somebody else's leave");
    screen.say('Starting a database, a pretend Slack and Hallpass …\n');
    await playStory(await setStage({ command, belongings, screen, expectations, startTarget }));
    cameToItsEnd = true;
  } catch (error) {
    tellWhy(error, command, screen);
  }
  const leftBehind = await belongings.putAway();
  leftBehind.forEach((each) => screen.fault(`Left behind: ${each}`));
  const { met, unmet } = expectations;
  const code = exitCodeOf({ cameToItsEnd, met, unmet, leftBehind: leftBehind.length });
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  screen.verdict(`${verdictOf(expectations, cameToItsEnd)} It took ${seconds} s.`, code === 0);
  return code;
}

function verdictOf({ met, unmet }: Expectations, cameToItsEnd: boolean): string {
  const all = met + unmet;
  return cameToItsEnd
    ? `${met} of ${all} expectations met, and everything is put away.`
    : `${met} of ${all} expectations met: the story did not come to its end.`;
}

/** What was unmet has been told already. */
function tellWhy(error: unknown, { stopping }: Command, screen: Screen): void {
  if (stopping.aborted) {
    screen.say('\nStopped. Putting everything away.');
  } else if (error instanceof WrongSettings) {
    screen.fault(error.message);
  } else if (!(error instanceof Unmet)) {
    screen.fault(`Something broke:\n${withCauses(error)}`);
  }
}

function withCauses(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const text = error.stack ?? error.message;
  return error.cause === undefined ? text : `${text}\nbecause of\n${withCauses(error.cause)}`;
}

function wantsColour({ isTerminal, env }: Command): boolean {
  return isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}
