import { asUserId, type UserId } from '../domain/ids.js';

/** One word of what a person typed; a mention is a word of its own. */
export type Word = { readonly text: string; readonly userId: UserId | null };

/** Slack's markup for what it recognised in the text of a command: people, channels, links. */
const MARKUP = /<([^<>]+)>/gu;

/**
 * What a person typed after the command, in words. Slack's markup is undone, its three entities are
 * decoded once, and characters that cannot be seen are gone: they could make one text look like another.
 */
export function readTyped(raw: string): Word[] {
  const words: Word[] = [];
  let plain = '';
  function flush(): void {
    words.push(...splitWords(plain).map((text) => ({ text, userId: null })));
    plain = '';
  }
  let end = 0;
  for (const found of raw.matchAll(MARKUP)) {
    plain += visibleText(decodeEntities(raw.slice(end, found.index)));
    end = found.index + found[0].length;
    const markup = found[1] ?? '';
    const mention = /^@([UW][A-Z0-9]+)(?:\|(.*))?$/su.exec(markup);
    if (mention === null) {
      plain += visibleText(decodeEntities(unwrap(markup)));
      continue;
    }
    flush();
    const userId = mention[1] ?? '';
    const label = visibleText(decodeEntities(mention[2] ?? '')).trim();
    words.push({ text: `@${label === '' ? userId : label}`, userId: asUserId(userId) });
  }
  plain += visibleText(decodeEntities(raw.slice(end)));
  flush();
  return words;
}

/** Line breaks and every other kind of space become one kind; control, zero-width and bidi characters go. */
export function visibleText(text: string): string {
  return text.replaceAll(/\s/gu, ' ').replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '');
}

/** One line of visible text, without space around it. */
export function oneLine(text: string): string {
  return splitWords(visibleText(text)).join(' ');
}

const QUOTES = `["'“”„‟‘’‚‛«»‹›\`]`;
const IS_QUOTE = new RegExp(QUOTES, 'u');

/** A name in quotes, straight ones or those a phone makes of them, is the name. */
export function unquote(text: string): string {
  // By hand: an expression for the end of a text tries every run of quotes in it, and takes their square.
  let start = 0;
  let end = text.length;
  while (start < end && IS_QUOTE.test(text.charAt(start))) {
    start += 1;
  }
  while (end > start && IS_QUOTE.test(text.charAt(end - 1))) {
    end -= 1;
  }
  return text.slice(start, end);
}

/** A whole sentence in one pair of quotes is the sentence; quotes within it stay. */
export function unquoteSentence(text: string): string {
  const inner = text.slice(1, -1);
  const isQuoted =
    new RegExp(`^${QUOTES}.+${QUOTES}$`, 'su').test(text) && !new RegExp(QUOTES, 'u').test(inner);
  return isQuoted ? inner.trim() : text;
}

function splitWords(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

function decodeEntities(text: string): string {
  return text.replaceAll(/&(?:amp|lt|gt);/gu, (entity) =>
    entity === '&amp;' ? '&' : entity === '&lt;' ? '<' : '>',
  );
}

function unwrap(markup: string): string {
  const bar = markup.indexOf('|');
  const target = bar === -1 ? markup : markup.slice(0, bar);
  const label = bar === -1 ? '' : markup.slice(bar + 1);
  if (/^https?:\/\//u.test(target)) {
    return unwrapLink(target, label);
  }
  if (target.startsWith('mailto:')) {
    return label === '' ? target.slice('mailto:'.length) : label;
  }
  if (/^#[CG][A-Z0-9]+$/u.test(target)) {
    return label === '' ? target : `#${label}`;
  }
  if (target.startsWith('!subteam^')) {
    return label === '' ? `@${target.slice('!subteam^'.length)}` : label;
  }
  if (/^!(?:here|channel|everyone)$/u.test(target)) {
    return `@${target.slice(1)}`;
  }
  return `<${markup}>`;
}

/** Slack makes `<http://example.com|example.com>` of what was typed as `example.com`. */
function unwrapLink(url: string, label: string): string {
  if (label === '' || label === url) {
    return url;
  }
  const bare = url.replace(/^https?:\/\//u, '').replace(/\/$/u, '');
  return bare === label.replace(/\/$/u, '') ? label : `${label} (${url})`;
}
