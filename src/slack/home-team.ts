import type { WebClient } from '@slack/web-api';
import type { Log } from '../ports.js';
import { abortablePause } from './pause.js';
import { slackTrouble, troubleFacts } from './slack-error.js';

/** The workspace, or the Enterprise Grid organisation, that the app is installed in. */
export type Home = {
  readonly teamId: string | null;
  readonly enterpriseId: string | null;
  /** Installed for the whole organisation. */
  readonly isOrgInstall: boolean;
  readonly botUserId: string | null;
  readonly botId: string | null;
};

export type HomeTeam = {
  /** Begins to ask Slack, again and again until it answers. Slack being away stops nothing. */
  start(): void;
  stop(): void;
  known(): Home | null;
  /** As soon as it is known; null when it is not within the time. */
  within(ms: number): Promise<Home | null>;
};

const LONGEST_PAUSE_MS = 30_000;
/** Asking again will not mend these; only somebody with the right token can. */
const WRONG_TOKEN: ReadonlySet<string> = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
]);

export function createHomeTeam({ client, log }: { client: WebClient; log: Log }): HomeTeam {
  const stopping = new AbortController();
  let home: Home | null = null;
  let arrived: (() => void) | null = null;
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });

  async function ask(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; failures += 1) {
      try {
        const answer = await client.auth.test();
        home = {
          teamId: answer.team_id ?? null,
          enterpriseId: answer.enterprise_id ?? null,
          isOrgInstall: answer.is_enterprise_install ?? false,
          botUserId: answer.user_id ?? null,
          botId: answer.bot_id ?? null,
        };
        log.info({ team: home.teamId, enterprise: home.enterpriseId }, 'Slack knows this app');
        arrived?.();
        return;
      } catch (error) {
        const trouble = slackTrouble(error);
        if (trouble === null) {
          log.error({ err: error }, 'Asking Slack who this app is went wrong');
        } else {
          log[WRONG_TOKEN.has(trouble.code) ? 'error' : 'warn'](
            troubleFacts(error, client.slackApiUrl) ?? {},
            WRONG_TOKEN.has(trouble.code)
              ? 'Slack refuses SLACK_BOT_TOKEN: copy it again from "OAuth & Permissions" of your Slack app, and restart'
              : 'Slack does not say who this app is; asking again',
          );
        }
      }
      const wait = Math.min(LONGEST_PAUSE_MS, 500 * 2 ** Math.min(failures, 10));
      await abortablePause(wait, stopping.signal);
    }
  }

  return {
    start() {
      void ask();
    },
    stop() {
      stopping.abort();
    },
    known: () => home,
    async within(ms) {
      if (home === null) {
        const patience = new AbortController();
        const signal = AbortSignal.any([patience.signal, stopping.signal]);
        await Promise.race([arrival, abortablePause(ms, signal)]);
        patience.abort();
      }
      return home;
    },
  };
}
