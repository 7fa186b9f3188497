import { fieldsOf, listOf, textOr, type Fields } from './fields.js';

/** How ids and moments look to the one who reads. */
export type Reader = {
  nameOf: (id: string) => string | undefined;
  groupHandle: (id: string) => string | undefined;
  /** An IANA name. */
  timeZone: string;
  now: Date;
  /** Each field on one line, and dots between what stands side by side: for a page without columns. */
  tight?: boolean;
};

/** A message, or a view. */
export type Readable = { text?: string; blocks?: readonly Fields[]; raw?: Fields };

/** What a person reads: the blocks when there are any, else the text. Buttons stand in [brackets]. */
export function asText(shown: Readable, reader: Reader): string {
  const { raw, blocks = [], text = '' } = shown;
  const body = blocks.length === 0 ? [mrkdwn(text, reader)] : blocks.map((block) => blockText(block, reader));
  const frame = fieldsOf(raw);
  const button = (key: string): string[] => {
    const label = textObject(frame[key], reader);
    return label === '' ? [] : [`[${label}]`];
  };
  const title = textObject(frame['title'], reader);
  const buttons = [...button('submit'), ...button('close')].join(' ');
  return [title, ...body, buttons].filter((line) => line !== '').join('\n');
}

function blockText(block: Fields, reader: Reader): string {
  const elements = listOf(block['elements']);
  switch (block['type']) {
    case 'divider':
      return '────';
    case 'header':
    case 'alert':
      return textObject(block['text'], reader);
    case 'markdown':
      return textOr(block['text'], '');
    case 'section': {
      const fields = listOf(block['fields']).map((field) => fieldText(field, reader));
      const accessory = elementText(fieldsOf(block['accessory']), reader);
      return [textObject(block['text'], reader), ...fields, accessory]
        .filter((line) => line !== '')
        .join('\n');
    }
    case 'context':
      return elements
        .map((element) => elementText(element, reader))
        .join(reader.tight === true ? ' · ' : ' ');
    case 'actions':
      return elements.map((element) => elementText(element, reader)).join(' ');
    case 'input': {
      const label = textObject(block['label'], reader);
      const hint = textObject(block['hint'], reader);
      const optional = block['optional'] === true ? ' (optional)' : '';
      const field = `${label}${optional}: ${elementText(fieldsOf(block['element']), reader)}`;
      return hint === '' ? field : `${field}\n${hint}`;
    }
    case 'image':
      return `[image: ${textOr(block['alt_text'], '')}]`;
    case 'rich_text':
      return elements.map((element) => richText(element, reader)).join('\n');
    default:
      return `[${textOr(block['type'], '?')}]`;
  }
}

/** A label stands on a line of its own, above what it labels. */
function fieldText(field: unknown, reader: Reader): string {
  const text = textObject(field, reader);
  return reader.tight === true ? text.replace('\n', ': ') : text;
}

function elementText(element: Fields, reader: Reader): string {
  const placeholder = textObject(element['placeholder'], reader);
  const optionText = (option: unknown): string => textObject(fieldsOf(option)['text'], reader);
  switch (element['type']) {
    case undefined:
      return '';
    case 'mrkdwn':
    case 'plain_text':
      return textObject(element, reader);
    case 'button':
    case 'workflow_button':
      return `[${textObject(element['text'], reader)}]`;
    case 'image':
      return `[image: ${textOr(element['alt_text'], '')}]`;
    case 'radio_buttons':
    case 'checkboxes': {
      const chosen = [element['initial_option'], ...listOf(element['initial_options'])].map(optionText);
      return listOf(element['options'])
        .map((option) => `${chosen.includes(optionText(option)) ? '(x)' : '( )'} ${optionText(option)}`)
        .join(' ');
    }
    case 'overflow':
      return `[…: ${listOf(element['options']).map(optionText).join(' | ')}]`;
    default: {
      const initial =
        optionText(element['initial_option']) ||
        textOr(
          element['initial_value'] ??
            element['initial_date'] ??
            element['initial_time'] ??
            element['initial_user'],
          '',
        );
      return `[${initial === '' ? placeholder : (reader.nameOf(initial) ?? initial)}]`;
    }
  }
}

function richText(element: Fields, reader: Reader): string {
  const parts = listOf(element['elements']);
  switch (element['type']) {
    case 'text':
      return textOr(element['text'], '');
    case 'link':
      return textOr(element['text'] ?? element['url'], '');
    case 'user':
      return named('@', textOr(element['user_id'], ''), reader);
    case 'channel':
      return named('#', textOr(element['channel_id'], ''), reader);
    case 'emoji':
      return `:${textOr(element['name'], '')}:`;
    case 'rich_text_list':
      return parts.map((part) => `• ${richText(part, reader)}`).join('\n');
    default:
      return parts.map((part) => richText(part, reader)).join('');
  }
}

function textObject(object: unknown, reader: Reader): string {
  const { type, text } = fieldsOf(object);
  const written = textOr(text, '');
  return type === 'mrkdwn' ? mrkdwn(written, reader) : unescaped(written);
}

function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function named(sign: string, id: string, reader: Reader): string {
  return `${sign}${reader.nameOf(id) ?? id}`;
}

/** Slack's own markup as plain text: stars and underscores of emphasis go, backticks stay. */
export function mrkdwn(text: string, reader: Reader): string {
  const linked = text.replaceAll(/<([^<>]+)>/g, (_whole, inside: string) => reference(inside, reader));
  const plain = linked.replaceAll(/(^|[\s(>"'])([*_~])(?=\S)([^\n]*?\S)\2(?=$|[\s).,:;!?"'])/gm, '$1$3');
  return unescaped(plain);
}

function reference(inside: string, reader: Reader): string {
  const bar = inside.indexOf('|');
  const target = bar === -1 ? inside : inside.slice(0, bar);
  const label = bar === -1 ? undefined : inside.slice(bar + 1);
  if (target.startsWith('!date^')) {
    return dateText(target, label ?? '', reader);
  }
  if (target.startsWith('!subteam^')) {
    const id = target.slice('!subteam^'.length);
    return `@${reader.groupHandle(id) ?? label?.replace(/^@/, '') ?? id}`;
  }
  if (target.startsWith('!')) {
    return `@${target.slice(1)}`;
  }
  if (target.startsWith('@')) {
    return named('@', target.slice(1), reader);
  }
  if (target.startsWith('#')) {
    return named('#', target.slice(1), reader);
  }
  return label ?? target;
}

/** `!date^1700000000^{date_short_pretty} {time}^link`; Slack shows the fallback when it cannot read it. */
function dateText(target: string, fallback: string, reader: Reader): string {
  const [, seconds = '', format = ''] = target.split('^');
  const moment = new Date(Number(seconds) * 1000);
  const tokens = [...format.matchAll(/\{(\w+)\}/g)].map(([, token = '']) => token);
  const known = tokens.every((token) => dateToken(token, moment, reader) !== undefined);
  if (!/^\d+$/.test(seconds) || !known) {
    return fallback;
  }
  return format.replaceAll(/\{(\w+)\}/g, (_whole, token: string) => dateToken(token, moment, reader) ?? '');
}

const DATES: Record<string, Intl.DateTimeFormatOptions> = {
  date: { month: 'long', day: 'numeric', year: 'numeric' },
  date_short: { month: 'short', day: 'numeric', year: 'numeric' },
  date_long: { weekday: 'long', month: 'long', day: 'numeric', year: 'numeric' },
  date_slash: { day: '2-digit', month: '2-digit', year: 'numeric' },
};

function dateToken(token: string, moment: Date, reader: Reader): string | undefined {
  const { timeZone, now } = reader;
  const show = (locale: string, options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(locale, { timeZone, ...options }).format(moment);
  if (token === 'date_num') {
    return show('sv-SE', { dateStyle: 'short' });
  }
  if (token === 'time') {
    return show('en-GB', { hour: '2-digit', minute: '2-digit' });
  }
  if (token === 'time_secs') {
    return show('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  }
  if (token === 'ago') {
    return ago(moment, now);
  }
  if (token.endsWith('_pretty')) {
    const near = nearDay(moment, reader);
    return near ?? dateToken(token.slice(0, -'_pretty'.length), moment, reader);
  }
  const options = DATES[token];
  return options === undefined ? undefined : show('en-US', options);
}

function nearDay(moment: Date, { timeZone, now }: Reader): string | undefined {
  const dayOf = (date: Date): number =>
    Date.parse(new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(date));
  const days = Math.round((dayOf(moment) - dayOf(now)) / 86_400_000);
  return new Map([
    [-1, 'yesterday'],
    [0, 'today'],
    [1, 'tomorrow'],
  ]).get(days);
}

function ago(moment: Date, now: Date): string {
  const minutes = Math.round((now.getTime() - moment.getTime()) / 60_000);
  const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  return Math.abs(minutes) < 60
    ? relative.format(-minutes, 'minute')
    : relative.format(-Math.round(minutes / 60), 'hour');
}
