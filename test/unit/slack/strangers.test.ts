import { describe, expect, test } from 'vitest';
import { asUserId } from '../../../src/domain/ids.js';
import type { Person } from '../../../src/domain/person.js';
import type { Directory } from '../../../src/ports.js';
import type { Home } from '../../../src/slack/home-team.js';
import { toPerson, type SlackUser } from '../../../src/slack/slack-person.js';
import { isStranger } from '../../../src/slack/strangers.js';

const USER = asUserId('U1');
const WORKSPACE: Home = {
  teamId: 'T0HOME',
  enterpriseId: null,
  isOrgInstall: false,
  botUserId: null,
  botId: null,
};
const GRID: Home = { ...WORKSPACE, enterpriseId: 'E0HOME', isOrgInstall: true };

function directoryWith(answer: Person['outsider'] | 'unreadable'): Directory {
  return {
    person: async (userId) =>
      answer === 'unreadable'
        ? answer
        : {
            userId,
            email: null,
            emailConfirmed: false,
            deactivated: false,
            outsider: answer,
            timeZone: null,
          },
    members: async () => ({ readable: false, why: 'not asked here' }),
    profileField: async () => ({ readable: false, why: 'not asked here' }),
  };
}

describe('whose payload it is', () => {
  test.each<[home: Home, teamId: string | null, enterpriseId: string | null, stranger: boolean]>([
    [WORKSPACE, 'T0HOME', null, false],
    [WORKSPACE, 'T0OTHER', null, true],
    [GRID, 'T0HOME', 'E0HOME', false],
    [GRID, 'E0HOME', 'E0HOME', false],
    [GRID, 'T0OTHER', 'E0OTHER', true],
  ])('%o: of %s in %s', async (home, teamId, enterpriseId, stranger) => {
    const directory = directoryWith('unreadable');

    expect(await isStranger({ user: USER, teamId, enterpriseId }, home, directory)).toBe(stranger);
  });

  test.each([
    [null, false],
    ['stranger', true],
    ['unreadable', true],
  ] as const)('where the payload leaves it open, the directory decides: %s', async (answer, stranger) => {
    const sender = { user: USER, teamId: 'T0OTHER', enterpriseId: 'E0HOME' };

    expect(await isStranger(sender, GRID, directoryWith(answer))).toBe(stranger);
    expect(
      await isStranger({ ...sender, teamId: null, enterpriseId: null }, WORKSPACE, directoryWith(answer)),
    ).toBe(stranger);
  });
});

describe('whom Slack describes', () => {
  test.each<[user: SlackUser, home: Home, outsider: Person['outsider']]>([
    [{ team_id: 'T0HOME' }, WORKSPACE, null],
    [{ team_id: 'T0OTHER' }, WORKSPACE, 'stranger'],
    [{}, WORKSPACE, 'stranger'],
    [{ team_id: 'T0HOME', is_stranger: true }, WORKSPACE, 'stranger'],
    [{ team_id: 'T0HOME', is_ultra_restricted: true }, WORKSPACE, 'guest'],
    [{ team_id: 'T0HOME', is_workflow_bot: true }, WORKSPACE, 'bot'],
    [{ team_id: 'T0TWO', enterprise_user: { enterprise_id: 'E0HOME' } }, GRID, null],
    [{ team_id: 'T0TWO', enterprise_user: { enterprise_id: 'E0OTHER' } }, GRID, 'stranger'],
    [
      { team_id: 'T0TWO', enterprise_user: { enterprise_id: 'E0HOME', teams: ['T0TWO', 'T0HOME'] } },
      { ...GRID, isOrgInstall: false },
      null,
    ],
    [
      { team_id: 'T0TWO', enterprise_user: { enterprise_id: 'E0HOME', teams: ['T0TWO'] } },
      { ...GRID, isOrgInstall: false },
      'stranger',
    ],
  ])('%o in %o is %s', (user, home, outsider) => {
    expect(toPerson({ id: 'U1', ...user }, home).outsider).toBe(outsider);
  });

  test('an address that Slack does not call confirmed is not', () => {
    const user = { id: 'U1', team_id: 'T0HOME', profile: { email: 'dana@example.com' } };

    expect(toPerson(user, WORKSPACE)).toMatchObject({ email: 'dana@example.com', emailConfirmed: false });
    expect(toPerson({ ...user, is_email_confirmed: true }, WORKSPACE).emailConfirmed).toBe(true);
  });
});
