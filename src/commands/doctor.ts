/** Asks the Slack of this workspace whether it would take what Hallpass shows: nothing is posted. */
import { WebAPIPlatformError, WebClient } from '@slack/web-api';
import { z } from 'zod';
import { examplePayloads, type Example } from '../examples/payloads.js';
import type { Settings } from '../settings.js';
import { createBoltLogger } from '../slack/bolt-logger.js';
import { slackTrouble } from '../slack/slack-error.js';
import type { Command } from './command.js';
import { quietLog } from './quiet-log.js';
import { settingsOf } from './settings-of.js';

export async function doctor(command: Command): Promise<number> {
  const settings = settingsOf(command);
  if (settings === null) {
    return 2;
  }
  const client = clientOf(settings, command);
  const examples = examplePayloads(settings.slackCommand);
  let refused = 0;
  for (const example of examples) {
    if (command.stopping.aborted) {
      command.err('hallpass: ended before everything was asked about');
      return 1;
    }
    const asked = await ask(client, example);
    if ('unanswered' in asked) {
      command.err(`hallpass: Slack did not say whether it takes them: ${adviceOn(asked.unanswered)}`);
      return 1;
    }
    refused += asked.problems.length > 0 ? 1 : 0;
    asked.problems.forEach((problem) => command.out(`refused  ${example.name}: ${problem}`));
  }
  command.out(
    `Slack's schema takes ${examples.length - refused} of ${examples.length} examples of what Hallpass shows.`,
  );
  return refused === 0 ? 0 : 1;
}

type Asked = { readonly problems: readonly string[] } | { readonly unanswered: string };

/** Slack limits this call to an unknown rate, and is waited for; other trouble is told after two more tries. */
function clientOf({ botToken, slackApiUrl }: Settings, command: Command): WebClient {
  return new WebClient(botToken.reveal(), {
    slackApiUrl,
    logger: createBoltLogger(quietLog(command)),
    allowAbsoluteUrls: false,
    timeout: 10_000,
    retryConfig: { retries: 2, minTimeout: 100 },
  });
}

async function ask(client: WebClient, example: Example): Promise<Asked> {
  try {
    await client.blocks.validate(
      'view' in example ? { view: example.view } : { message: { blocks: [...example.message.blocks] } },
    );
    return { problems: [] };
  } catch (error) {
    const problems = error instanceof WebAPIPlatformError ? problemsIn(error.data) : [];
    const trouble = slackTrouble(error);
    if (trouble === null) {
      throw error;
    }
    return problems.length > 0 ? { problems } : { unanswered: trouble.code };
  }
}

/** `invalid_blocks`, `invalid_message` or `invalid_view`, with one entry for each thing that is wrong. */
const refusal = z.object({
  error: z.string().regex(/^invalid_(?:blocks|message|view)$/),
  errors: z.array(z.object({ pointer: z.string().optional(), message: z.string().optional() })).default([]),
});

function problemsIn(answer: unknown): string[] {
  const parsed = refusal.safeParse(answer);
  if (!parsed.success) {
    return [];
  }
  const { error, errors } = parsed.data;
  return errors.length === 0
    ? [error]
    : errors.map(({ pointer, message }) => `${pointer ?? 'somewhere'} ${message ?? 'is not taken'}`);
}

function adviceOn(code: string): string {
  switch (code) {
    case 'invalid_auth':
    case 'not_authed':
    case 'account_inactive':
    case 'token_revoked':
      return `${code}; set SLACK_BOT_TOKEN to the bot token under "OAuth & Permissions" of your Slack app`;
    case 'unknown_method':
      return `${code}; SLACK_API_URL names no Slack that knows blocks.validate`;
    default:
      return `${code}; try again, and see whether this machine reaches Slack`;
  }
}
