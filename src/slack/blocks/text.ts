import type { MrkdwnElement, PlainTextElement } from '@slack/web-api';
import type { ChannelId, UserId } from '../../domain/ids.js';
import type { InPlaceOf } from '../../domain/stand-ins.js';
import { toUtcText, type Instant } from '../../domain/time.js';
import { oneLine } from '../typed-text.js';
import { firstOf, LIMITS, SHOWN, truncate, truncateMarkup } from './limits.js';

/**
 * Markup that we wrote ourselves. `verbatim`: otherwise Slack also makes mentions and links of what merely
 * looks like them. Text of people never comes in here unless it went through `said` or `code`.
 */
export function mrkdwn(markup: string): MrkdwnElement {
  // Slack refuses an empty text object.
  const text = markup.trim() === '' ? '–' : truncateMarkup(markup, LIMITS.sectionText);
  return { type: 'mrkdwn', text, verbatim: true };
}

/** Text that Slack shows as it is, character by character: for everything a person typed. */
export function plain(text: string, max: number = LIMITS.sectionText): PlainTextElement {
  const shown = truncate(text, max);
  return { type: 'plain_text', text: shown.trim() === '' ? '–' : shown, emoji: false };
}

/** Text from outside, on one line, without markup, bounded. */
export function said(text: string, max: number): string {
  return escape(truncate(oneLine(text.slice(0, max * 4)), max));
}

/** A name from a target or the catalog, set off from the sentence around it. */
export function code(text: string, max: number = SHOWN.name): string {
  const name = said(text.replaceAll('`', "'"), max);
  return name === '' ? '–' : `\`${name}\``;
}

/** Bold. `*` cannot be escaped, so it is taken out. */
export function bold(text: string, max: number = SHOWN.title): string {
  const words = said(text.replaceAll('*', ''), max);
  return words === '' ? '–' : `*${words}*`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A page by its name; `|` would end the address. */
export function linkTo(address: string | null, text: string): string {
  const words = said(text.replaceAll('|', ''), SHOWN.name);
  return address === null ? words : `<${escape(address).replaceAll('|', '%7C')}|${words}>`;
}

export function person(userId: UserId): string {
  return /^[UW][A-Z0-9]+$/.test(userId) ? `<@${userId}>` : said(userId, SHOWN.name);
}

export function people(userIds: readonly UserId[]): string {
  return userIds.map(person).join(', ');
}

/** `@sam for @mia`: people, some of whom act in the place of others. */
export function peopleFor(userIds: readonly UserId[], inPlaceOf: readonly InPlaceOf[]): string[] {
  return userIds.map((userId) => {
    const whom = inPlaceOf.filter(({ standIn }) => standIn === userId).map(({ delegator }) => delegator);
    return whom.length === 0
      ? person(userId)
      : `${person(userId)} for ${listed(firstOf(whom, 3).shown.map(person))}`;
  });
}

export function channel(channelId: ChannelId): string {
  return /^[CDG][A-Z0-9]+$/.test(channelId) ? `<#${channelId}>` : said(channelId, SHOWN.name);
}

/** A moment in the time zone of whoever reads it. */
export function when(at: Instant): string {
  const utc = toUtcText(at)
    .replace('T', ' ')
    .replace(/:\d{2}Z$/, ' UTC');
  return `<!date^${Math.floor(at / 1_000)}^{date_short_pretty} {time}|${utc}>`;
}

/** Of a window that is to begin later; otherwise it begins at the approval, and nothing is said. */
export function fromText({ startsAt }: { readonly startsAt: Instant | null }): string {
  return startsAt === null ? '' : ` from ${when(startsAt)}`;
}

export function roleKeyOf(of: { readonly resource: string; readonly role: string }): string {
  return `${of.resource}:${of.role}`;
}

/** `a, b and c` */
export function listed(items: readonly string[]): string {
  return items.length < 2
    ? items.join('')
    : `${items.slice(0, -1).join(', ')} and ${items[items.length - 1] ?? ''}`;
}

/** `a, b and 3 more` */
export function listedUpTo(max: number, items: readonly string[]): string {
  const { shown, more } = firstOf(items, max);
  return listed([...shown, ...(more > 0 ? [`${more} more`] : [])]);
}

export function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
