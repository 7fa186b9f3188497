/** Roles to choose from in a form, as Slack's lists take them. */
import { createHash } from 'node:crypto';
import type { PlainTextOption } from '@slack/web-api';
import { formatDuration } from '../../domain/duration.js';
import type { OfferView } from '../../domain/views.js';
import { LIMITS } from './limits.js';
import { plain } from './text.js';

export type RoleSuggestions =
  | { readonly options: PlainTextOption[] }
  | {
      readonly option_groups: {
        readonly label: ReturnType<typeof plain>;
        readonly options: PlainTextOption[];
      }[];
    };

export function roleOption(offer: OfferView): PlainTextOption {
  return {
    text: plain(`${offer.roleKey} · ${offer.title}`, LIMITS.optionText),
    value: optionValue(offer),
    description: plain(
      `${formatDuration(offer.defaultMs)}, at most ${formatDuration(offer.maxMs)}${bundled(offer)}`,
      LIMITS.optionText,
    ),
  };
}

function bundled({ parts }: OfferView): string {
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

const STAMP = '~';

/** The role's key, or a stamp of it where that is longer than Slack takes. */
function optionValue({ roleKey }: Pick<OfferView, 'roleKey'>): string {
  return roleKey !== '' && roleKey.length <= LIMITS.optionValue
    ? roleKey
    : `${STAMP}${createHash('sha256').update(roleKey).digest('hex').slice(0, 32)}`;
}

/** The key that an option's value stands for; anything else is as it was typed. */
export function roleChosenIn(value: string, offers: readonly OfferView[]): string {
  return offers.find((offer) => optionValue(offer) === value)?.roleKey ?? value;
}

export function isStamp(value: string): boolean {
  return value.startsWith(STAMP);
}

/** All that hold each word that was typed, those first whose key begins with it. Slack shows a hundred. */
export function roleSuggestions(offers: readonly OfferView[], typed: string): RoleSuggestions {
  const words = typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const found = offers.filter(({ roleKey, title, parts }) => {
    const text = [roleKey, title, ...parts].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const [first = ''] = words;
  const begins = ({ roleKey }: OfferView): number => (roleKey.startsWith(first) ? 0 : 1);
  const options = found
    .toSorted((left, right) => begins(left) - begins(right))
    .slice(0, LIMITS.options)
    .map(roleOption);
  return found.length <= LIMITS.options
    ? { options }
    : {
        option_groups: [
          {
            label: plain(`${options.length} of ${found.length}: type more of the name`, LIMITS.optionText),
            options,
          },
        ],
      };
}
