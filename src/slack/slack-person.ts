import type { UsersInfoResponse } from '@slack/web-api';
import { IANAZone } from 'luxon';
import { asUserId } from '../domain/ids.js';
import type { Person } from '../domain/person.js';
import type { Home } from './home-team.js';

export type SlackUser = NonNullable<UsersInfoResponse['user']>;

/** Deny by default: what Slack does not say counts against the person. */
export function toPerson(user: SlackUser, home: Home): Person {
  return {
    userId: asUserId(user.id ?? ''),
    email: user.profile?.email ?? null,
    emailConfirmed: user.is_email_confirmed ?? false,
    deactivated: user.deleted ?? false,
    outsider: outsiderKind(user, home),
    timeZone: user.tz !== undefined && IANAZone.isValidZone(user.tz) ? user.tz : null,
  };
}

function outsiderKind(user: SlackUser, home: Home): Person['outsider'] {
  if (user.is_stranger === true || !isOfHome(user, home)) {
    return 'stranger';
  }
  if (user.is_bot === true || user.is_workflow_bot === true || user.id === 'USLACKBOT') {
    return 'bot';
  }
  return user.is_restricted === true || user.is_ultra_restricted === true ? 'guest' : null;
}

/** In an Enterprise Grid a person may be in several workspaces, and `team_id` names only one of them. */
function isOfHome(user: SlackUser, home: Home): boolean {
  if (user.team_id !== undefined && user.team_id === home.teamId) {
    return true;
  }
  const { enterprise_user: inEnterprise } = user;
  if (home.enterpriseId === null || inEnterprise?.enterprise_id !== home.enterpriseId) {
    return false;
  }
  return home.isOrgInstall || (home.teamId !== null && (inEnterprise.teams ?? []).includes(home.teamId));
}
