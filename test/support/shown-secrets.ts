/** The secrets that Hallpass has sent to Slack, as they stand in the windows that it shows. */
import { z } from 'zod';
import type { Delivered } from '../../src/emulated-slack/delivery.js';
import { fieldsOf, listOf, textOr } from '../../src/emulated-slack/fields.js';
import type { RecordedCall } from '../../src/emulated-slack/front-proxy.js';
import type { SlackWorld } from '../../src/emulated-slack/world.js';

export type Credentials = {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
};

const credentialsSchema = z.object({
  host: z.string(),
  port: z.coerce.number(),
  database: z.string(),
  user: z.string(),
  password: z.string(),
});

const oneText = z.object({ elements: z.tuple([z.object({ text: z.string() })]) });
const labelled = z.object({ type: z.literal('rich_text'), elements: z.tuple([oneText, oneText]) });

/** A window shows one login after another, each by its labelled parts, the host first. */
export function credentialsIn(blocks: unknown): Credentials[] {
  const found: Record<string, string>[] = [];
  for (const block of listOf(blocks)) {
    const [label, value] = labelled.safeParse(block).data?.elements ?? [];
    if (label === undefined || value === undefined) {
      continue;
    }
    if (label.elements[0].text === 'host') {
      found.push({});
    }
    Object.assign(found.at(-1) ?? {}, { [label.elements[0].text]: value.elements[0].text });
  }
  return credentialsSchema.array().parse(found);
}

/** Of a call that fills a window. */
export function credentialsSent({ body }: RecordedCall): Credentials[] {
  return credentialsIn(fieldsOf(body['view'])['blocks']);
}

/** All that was put into the window that this click has opened. */
export function updatesAfter(slack: SlackWorld, { payload }: Delivered): RecordedCall[] {
  const opened = slack.calls('views.open').find(({ body }) => body['trigger_id'] === payload['trigger_id']);
  const id = viewIdOf(opened);
  return slack.calls('views.update').filter(({ body }) => id !== '' && body['view_id'] === id);
}

/** Who has the window in front of them; '' for nobody. */
export function readerOf(slack: SlackWorld, update: RecordedCall): string {
  const opened = slack.calls('views.open').find((call) => viewIdOf(call) === update.body['view_id']);
  const click = slack.deliveries.find(({ payload }) => payload['trigger_id'] === opened?.body['trigger_id']);
  return textOr(fieldsOf(click?.payload['user'])['id'], '');
}

function viewIdOf(opened: RecordedCall | undefined): string {
  return textOr(fieldsOf(opened?.answer?.['view'])['id'], '');
}
