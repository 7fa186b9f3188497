import { createHash } from 'node:crypto';
import type {
  BlockAction,
  BlockSuggestion,
  GlobalShortcut,
  MessageShortcut,
  SlashCommand,
  ViewSubmitAction,
} from '@slack/bolt';
import { asChannelId, asUserId, type ChannelId, type UserId, type Workspace } from '../domain/ids.js';
import type { Sender } from './strangers.js';

/** What every payload says, whatever its shape. */
export type Arrived = {
  readonly delivery: string;
  readonly user: UserId;
  readonly workspace: Workspace;
  readonly channel: ChannelId | null;
  readonly trigger: string;
  readonly sender: Sender;
};

export function fromCommand(command: SlashCommand): Arrived {
  const workspace = {
    teamId: textOrNull(command.team_id),
    enterpriseId: textOrNull(command.enterprise_id),
  };
  const user = asUserId(command.user_id);
  return {
    delivery: deliveryOf(command.trigger_id, command),
    user,
    workspace,
    channel: asChannelId(command.channel_id),
    trigger: command.trigger_id,
    // Outsiders cannot run commands; the team is the one that the person ran it in.
    sender: { user, ...workspace },
  };
}

export function fromClick(body: BlockAction): Arrived {
  return fromInteractive(body, body.channel === undefined ? null : asChannelId(body.channel.id));
}

export function fromForm(body: ViewSubmitAction): Arrived {
  return fromInteractive(body, null);
}

/** Nothing is done by it, so it has no key and no trigger. */
export function senderOf({ user, team, enterprise }: BlockSuggestion): Sender {
  return {
    user: asUserId(user.id),
    teamId: textOrNull(user.team_id),
    enterpriseId: textOrNull(enterprise?.id) ?? textOrNull(team?.enterprise_id),
  };
}

export function fromShortcut(body: GlobalShortcut | MessageShortcut): Arrived {
  return fromInteractive(body, body.type === 'message_action' ? asChannelId(body.channel.id) : null);
}

function fromInteractive(
  body: BlockAction | ViewSubmitAction | GlobalShortcut | MessageShortcut,
  channel: ChannelId | null,
): Arrived {
  const user = asUserId(body.user.id);
  const userTeam = textOrNull(body.user.team_id);
  // With an app that is installed for a whole organisation `team` is null, and the person's own counts.
  const teamId = textOrNull(body.team?.id) ?? userTeam;
  const enterpriseId = textOrNull(body.enterprise?.id) ?? textOrNull(body.team?.enterprise_id);
  return {
    delivery: deliveryOf(body.trigger_id, body),
    user,
    workspace: { teamId, enterpriseId },
    channel,
    trigger: body.trigger_id,
    sender: { user, teamId: userTeam, enterpriseId },
  };
}

/** Slack uses a trigger id once, and sends the same one when it sends the same thing twice. */
function deliveryOf(triggerId: string | undefined, body: object): string {
  return textOrNull(triggerId) ?? createHash('sha256').update(JSON.stringify(body)).digest('hex');
}

/** Slack writes null, nothing, or an empty text for what there is not. */
function textOrNull(value: string | null | undefined): string | null {
  return value === undefined || value === null || value === '' ? null : value;
}
