/** What happens in one run: who does what, and what goes wrong, all decided by the seed. Times are milliseconds from the start. */
import { crashPoints, type CrashPoint } from '../support/crash-points.js';
import { POSTGRES_MODES, type PostgresMode } from '../support/postgres-setup.js';
import { createRandom, type Random } from './random.js';

/** Who may ask; each has an account of the same name in the target. */
export const REQUESTERS = ['dana', 'lee', 'ann', 'ben'] as const;
export const APPROVERS = ['mia', 'sam'] as const;
export const ROLE_KEYS = ['prod-db:readonly', 'prod-db:admin', 'prod-db:both', 'reports:reader'] as const;
export const TARGET_ROLES = ['app_readonly', 'app_admin'] as const;

type RoleKey = (typeof ROLE_KEYS)[number];
type TargetRole = (typeof TARGET_ROLES)[number];

/** `tag` is the reason of a request, by which it is found again everywhere. */
export type Act = { readonly at: number } & (
  | {
      readonly act: 'ask';
      readonly who: string;
      readonly role: RoleKey;
      readonly window: string;
      readonly tag: string;
      readonly again: readonly number[];
    }
  | {
      /** Of a window that begins so many milliseconds after the form is sent. */
      readonly act: 'ask for later';
      readonly who: string;
      readonly role: RoleKey;
      readonly window: string;
      readonly inMs: number;
      readonly tag: string;
      readonly again: readonly number[];
    }
  | {
      readonly act: 'approve' | 'deny';
      readonly by: string;
      readonly tag: string;
      readonly again: readonly number[];
    }
  | { readonly act: 'cancel' | 'done'; readonly by: string; readonly tag: string }
  | { readonly act: 'revoke'; readonly by: string; readonly tag: string; readonly again: readonly number[] }
  | {
      readonly act: 'ask for more';
      readonly by: string;
      readonly tag: string;
      readonly more: string;
      readonly newTag: string;
    }
  | { readonly act: 'reveal'; readonly by: string; readonly tag: string; readonly again: readonly number[] }
  | { readonly act: 'give by hand' | 'take by hand'; readonly role: TargetRole; readonly account: string }
);

export type SlackTrouble = '429' | '500' | 'hang' | 'too late' | 'answer lost' | 'no connection';

/** Each lasts from `at` for `forMs`; what happens in a moment has 0. */
export type Fault = { readonly at: number; readonly forMs: number } & (
  | { readonly fault: 'app killed' }
  | { readonly fault: 'app dies at'; readonly point: CrashPoint }
  | { readonly fault: 'redis killed' | 'redis frozen' | 'redis emptied' | 'redis gone for good' }
  | { readonly fault: 'redis loses the end of its AOF'; readonly bytes: number }
  | { readonly fault: 'target refuses' | 'target hangs' | 'target is slow' | 'target is read-only' }
  | {
      readonly fault: 'target cuts before the change' | 'target cuts after the change';
      readonly times: number;
    }
  | { readonly fault: 'target makes the change late'; readonly lateMs: number }
  | { readonly fault: 'slack'; readonly trouble: SlackTrouble; readonly method: string }
  | { readonly fault: 'disk full' }
  | { readonly fault: 'clock set'; readonly byMs: number }
);

export type Schedule = {
  readonly seed: number;
  /** How Hallpass gives access in the target. */
  readonly mode: PostgresMode;
  /** Whether `hallpass.sweep()` runs beside. It ends what Hallpass has left over, so it must not in every run. */
  readonly isSwept: boolean;
  readonly acts: readonly Act[];
  readonly faults: readonly Fault[];
  /** From here on nothing goes wrong any more. */
  readonly healAt: number;
};

const SECOND = 1_000;
const HEAL_AT = 13 * SECOND;
/** Windows that are still open when the run is over. */
export const LONG_WINDOW = '40m';

/** A random of their own, so that everything else is the same in every mode. */
const REVEALS = 1_000_000_007;
const SWEEPS = 2_000_000_011;
const STARTS = 3_000_000_019;

export type ScheduleOptions = {
  /** Nothing else goes wrong. */
  readonly only?: string | undefined;
  /** Instead of the one that the seed has. */
  readonly mode?: PostgresMode | undefined;
};

/** Throws where there is no fault of the name `only`. What else happens does not depend on the mode. */
export function makeSchedule(seed: number, { only, mode = modeOf(seed) }: ScheduleOptions = {}): Schedule {
  const random = createRandom(seed);
  const acts = makeActs(random);
  const faults = makeFaults(random, only === undefined ? PLACES : [kindsOf(only)]).toSorted(
    (one, other) => one.at - other.at,
  );
  const reveals = mode === 'ephemeral' ? revealsOf(acts, createRandom(seed + REVEALS)) : [];
  const starts = startsOf(createRandom(seed + STARTS));
  const all = [...acts, ...starts, ...reveals].toSorted((one, other) => one.at - other.at);
  const isSwept = mode !== 'group' && createRandom(seed + SWEEPS).chance(0.5);
  return { seed, mode, isSwept, acts: all, faults, healAt: HEAL_AT };
}

/** One after another, so that a few runs cover them all. */
function modeOf(seed: number): PostgresMode {
  return POSTGRES_MODES[seed % POSTGRES_MODES.length] ?? 'group';
}

function makeActs(random: Random): Act[] {
  const requests = Array.from({ length: random.between(4, 6) }, (_, index) => aroundRequest(random, index));
  return [...requests.flat(), ...byHand(random)];
}

/** One request, and what people do about it afterwards. */
function aroundRequest(random: Random, index: number): Act[] {
  const tag = `job-${index + 1}`;
  const who = random.pick(REQUESTERS);
  const role = random.pick(ROLE_KEYS);
  const at = random.between(0, 6 * SECOND);
  const window = random.chance(0.15) ? LONG_WINDOW : `${random.between(3, 8)}s`;
  const asked: Act = { at, act: 'ask', who, role, window, tag, again: again(random) };
  const decideAt = at + random.between(300, 1_500);
  if (random.chance(0.1)) {
    return [
      asked,
      { at: decideAt, act: 'cancel', by: who, tag },
      vote(random, 'approve', decideAt + 20, tag),
    ];
  }
  const votes = random.chance(0.15)
    ? [vote(random, 'deny', decideAt, tag), vote(random, 'approve', decideAt + random.between(0, 50), tag)]
    : APPROVERS.map((by) => ({ ...vote(random, 'approve', decideAt, tag), by }));
  // Somebody who may not: the requester, and a person without any part in it.
  const impostor = { ...vote(random, 'approve', decideAt - 100, tag), by: random.pick([who, 'max']) };
  return [
    asked,
    ...votes,
    ...(random.chance(0.3) ? [impostor] : []),
    ...afterwards(random, { who, tag, decideAt }),
  ];
}

function afterwards(
  random: Random,
  { who, tag, decideAt }: { who: string; tag: string; decideAt: number },
): Act[] {
  const at = decideAt + random.between(1_000, 4_000);
  const what = random.between(1, 10);
  if (what <= 2) {
    return [{ at, act: 'done', by: who, tag }];
  }
  if (what <= 4) {
    return [{ at, act: 'revoke', by: random.pick(APPROVERS), tag, again: again(random) }];
  }
  if (what <= 6) {
    const newTag = `${tag}-more`;
    return [
      { at, act: 'ask for more', by: who, tag, more: `${random.between(2, 5)}s`, newTag },
      ...APPROVERS.map((by): Act => ({
        at: at + 500,
        act: 'approve',
        by,
        tag: newTag,
        again: again(random),
      })),
    ];
  }
  return [];
}

function vote(
  random: Random,
  act: 'approve' | 'deny',
  at: number,
  tag: string,
): Act & { act: 'approve' | 'deny' } {
  return { at, act, by: random.pick(APPROVERS), tag, again: again(random) };
}

/** Windows that begin later: approved before their start, or after it, and now and then called off. */
function startsOf(random: Random): Act[] {
  return Array.from({ length: random.between(0, 2) }, (_, index) => {
    const tag = `later-${index + 1}`;
    const who = random.pick(REQUESTERS);
    const at = random.between(0, 4 * SECOND);
    const window = random.chance(0.15) ? LONG_WINDOW : `${random.between(4, 8)}s`;
    const role = random.pick(ROLE_KEYS);
    const inMs = random.between(1_000, 5_000);
    const asked: Act = { at, act: 'ask for later', who, role, window, inMs, tag, again: again(random) };
    const decideAt = at + random.between(500, 4_000);
    const votes = APPROVERS.map((by) => ({ ...vote(random, 'approve', decideAt, tag), by }));
    const endAt = decideAt + random.between(500, 4_000);
    const ended: Act[] = random.chance(0.3)
      ? [
          random.chance(0.5)
            ? { at: endAt, act: 'done', by: who, tag }
            : { at: endAt, act: 'revoke', by: random.pick(APPROVERS), tag, again: again(random) },
        ]
      : [];
    return [asked, ...votes, ...ended];
  }).flat();
}

/** After how long Slack delivers the same once more; others have come in between. */
function again(random: Random): number[] {
  return random.chance(0.3) ? [random.pick([0, 50, random.between(300, 3_000)])] : [];
}

/** The holder looks at the login, more than once and at any time; now and then somebody else would. */
function revealsOf(acts: readonly Act[], random: Random): Act[] {
  return acts.flatMap((asked): Act[] => {
    if (asked.act !== 'ask') {
      return [];
    }
    const { who, tag } = asked;
    // Of those that stay open, also when nothing goes wrong any more.
    const within = (asked.window === LONG_WINDOW ? 15 : 8) * SECOND;
    return Array.from({ length: random.between(2, 4) }, () => ({
      at: asked.at + random.between(500, within),
      act: 'reveal',
      by: random.chance(0.15) ? random.pick(REQUESTERS) : who,
      tag,
      again: again(random),
    }));
  });
}

/**
 * Access that somebody else gives, before, while or after Hallpass does. In mode ephemeral it goes to the person's own
 * account, which Hallpass has no part in there: no window relies on it, and it must be left alone all the same.
 */
function byHand(random: Random): Act[] {
  if (!random.chance(0.5)) {
    return [];
  }
  const whom = { role: random.pick(TARGET_ROLES), account: random.pick(REQUESTERS) };
  const at = random.between(0, 8 * SECOND);
  const given: Act = { at, act: 'give by hand', ...whom };
  return random.chance(0.3)
    ? [given, { at: at + random.between(1_000, 4_000), act: 'take by hand', ...whom }]
    : [given];
}

type Kind = (random: Random, lasts: { at: number; forMs: number }) => Fault;

const SLACK_TROUBLES = ['429', '500', 'hang', 'too late', 'answer lost', 'no connection'] as const;
const SLACK_METHODS = [
  '*',
  'chat.postMessage',
  'chat.update',
  'response_url',
  'users.info',
  'views.open',
] as const;

/** What can go wrong in each place; in one place one thing after another, in several places at once. */
const PLACES: readonly (readonly [Kind, ...Kind[]])[] = [
  [
    (_, lasts) => ({ ...lasts, fault: 'app killed', forMs: Math.min(lasts.forMs, 3_000) }),
    (random, lasts) => ({
      ...lasts,
      fault: 'app dies at',
      point: random.pick(crashPoints),
      forMs: random.between(0, 2_000),
    }),
    (random, lasts) => ({
      ...lasts,
      fault: 'app dies at',
      point: random.pick(crashPoints),
      forMs: random.between(0, 2_000),
    }),
  ],
  [
    (_, lasts) => ({ ...lasts, fault: 'redis killed' }),
    (_, lasts) => ({ ...lasts, fault: 'redis frozen' }),
    (_, lasts) => ({ ...lasts, fault: 'redis emptied', forMs: 0 }),
    (random, lasts) => ({
      ...lasts,
      fault: 'redis loses the end of its AOF',
      bytes: random.between(1, 3_000),
    }),
    (_, lasts) => ({ ...lasts, fault: 'redis gone for good', forMs: Infinity }),
  ],
  [
    (_, lasts) => ({ ...lasts, fault: 'target refuses' }),
    (_, lasts) => ({ ...lasts, fault: 'target hangs' }),
    (_, lasts) => ({ ...lasts, fault: 'target is slow' }),
    (_, lasts) => ({ ...lasts, fault: 'target is read-only' }),
    (random, lasts) => ({ ...lasts, fault: 'target cuts before the change', times: random.between(1, 3) }),
    (random, lasts) => ({ ...lasts, fault: 'target cuts after the change', times: random.between(1, 3) }),
    (random, lasts) => ({
      ...lasts,
      fault: 'target makes the change late',
      lateMs: random.between(500, 14_000),
    }),
  ],
  [
    (random, lasts) => ({
      ...lasts,
      fault: 'slack',
      trouble: random.pick(SLACK_TROUBLES),
      method: random.pick(SLACK_METHODS),
    }),
  ],
  [(_, lasts) => ({ ...lasts, fault: 'disk full' })],
  [
    (random, lasts) => ({
      ...lasts,
      fault: 'clock set',
      byMs: random.pick([1, -1]) * random.pick([5_000, 20_000, 120_000, 3_600_000]),
    }),
  ],
];

function kindsOf(name: string): readonly [Kind, ...Kind[]] {
  const named = PLACES.flat().map((kind) => ({
    kind,
    fault: kind(createRandom(0), { at: 0, forMs: SECOND }).fault,
  }));
  const [first, ...more] = named.filter(({ fault }) => fault === name).map(({ kind }) => kind);
  if (first === undefined) {
    const known = [...new Set(named.map(({ fault }) => fault))];
    throw new Error(`There is no fault called ${name}; there are: ${known.join(', ')}`);
  }
  return [first, ...more];
}

function makeFaults(random: Random, places: typeof PLACES): Fault[] {
  return random.some(places, random.between(1, Math.min(4, places.length))).flatMap((kinds) => {
    const faults: Fault[] = [];
    let at = random.between(0, 5 * SECOND);
    while (at < HEAL_AT - SECOND && faults.length < 3) {
      const forMs = Math.min(random.between(500, 7_000), HEAL_AT - at);
      const fault = random.pick(kinds)(random, { at, forMs });
      faults.push(fault);
      at += fault.forMs + random.between(500, 4_000);
    }
    return faults;
  });
}
