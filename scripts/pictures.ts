/**
 * Pictures of what people see, for the README: a story is played on the real app, and what it gave Slack is drawn by a
 * Block Kit renderer in a headless Chromium. `npm run pictures` needs `chromium` on the PATH; as root it is run without
 * its sandbox, on a page of its own making.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { Message, type MessageProps } from 'slack-blocks-to-jsx';
import { z } from 'zod';
import { startApp } from '../src/app.js';
import { gatherBelongings, type Belongings } from '../src/demo/belongings.js';
import { startTarget } from '../src/demo/start-target.js';
import type { SeenMessage, SeenView } from '../src/emulated-slack/ledger.js';
import { startSlackWorld, type SlackWorld } from '../src/emulated-slack/world.js';
import { createLog } from '../src/ops/log.js';
import { readSettings } from '../src/settings.js';
import { createSystemClock } from '../src/wakeups/system-clock.js';

const FOLDER = join(import.meta.dirname, '..', 'docs', 'pictures');
const WIDTH = 760;
const PATIENCE_MS = 60_000;

const PEOPLE = [
  { id: 'U03DANA', name: 'dana' },
  { id: 'U04LEE', name: 'lee' },
  { id: 'U01MIA', name: 'mia' },
  { id: 'U02SAM', name: 'sam' },
].map((one) => ({ ...one, email: `${one.name}@example.com`, timeZone: 'Europe/Berlin' }));
const CHANNEL = { id: 'C0APPROVALS', name: 'approvals' };

const CATALOG = `version: 1
groups:
  engineers: { users: [dana@example.com, lee@example.com] }
  dba-leads: { users: [mia@example.com, sam@example.com] }
admins: [dba-leads]
connectors:
  orders-db:
    use: postgres
    url: env:ORDERS_DB_URL
    manage: [app_readonly]
    end_sessions: true
    identity: { from_email: { part: local, domains: [example.com] } }
policies:
  standard:
    request: [engineers]
    approve: [{ from: [dba-leads] }]
    duration: { default: 30m, max: 4h }
    channel: ${CHANNEL.id}
  critical:
    request: [engineers]
    approve: [{ name: Database, from: [dba-leads], count: 2 }]
    duration: { default: 15m, max: 1h }
    channel: ${CHANNEL.id}
resources:
  prod-db:
    title: Orders database, production
    policy: standard
    roles:
      readonly: { entitlements: [{ connector: orders-db, role: app_readonly }] }
  billing-db:
    title: Billing database
    policy: critical
    roles:
      readonly: { tier: critical, entitlements: [{ connector: orders-db, role: app_readonly }] }
`;

type Picture = { readonly name: string; readonly shown: readonly Shown[] };
/** `title`: of a modal or a tab; messages have none. */
type Shown = { readonly title: string | null; readonly blocks: readonly object[] };

async function play(belongings: Belongings): Promise<Picture[]> {
  const target = await startTarget(belongings);
  await target.asAdmin('create role lee login');
  const world = await startSlackWorld({
    people: PEOPLE,
    channels: [CHANNEL],
    signingSecret: 'secret-of-the-pictures',
    botToken: 'xoxb-of-the-pictures',
  });
  belongings.add('The pretend Slack', () => world.stop());
  const catalog = join(belongings.folder, 'access.yaml');
  await writeFile(catalog, CATALOG);
  const read = readSettings({
    SLACK_BOT_TOKEN: 'xoxb-of-the-pictures',
    SLACK_SIGNING_SECRET: 'secret-of-the-pictures',
    SLACK_API_URL: world.apiUrl,
    HOST: '127.0.0.1',
    PORT: '0',
    CATALOG: catalog,
    DATABASE_URL: `file:${join(belongings.folder, 'hallpass.db')}`,
    LOG_LEVEL: 'error',
  });
  if (!read.ok) {
    throw new Error(read.problems.join('\n'));
  }
  const app = await startApp({
    settings: read.settings,
    env: { ORDERS_DB_URL: target.url },
    clock: createSystemClock(),
    log: createLog({
      level: 'error',
      pretty: false,
      destination: { write: (line) => process.stderr.write(line) },
    }),
  });
  belongings.add('The app', () => app.stop());
  world.deliverTo(`http://127.0.0.1:${app.port()}/slack/events`);
  return await takePictures(world);
}

async function takePictures(world: SlackWorld): Promise<Picture[]> {
  const see = async <Seen>(what: string, look: () => Seen | undefined | false): Promise<Seen> =>
    await world.until(look, { what, timeoutMs: PATIENCE_MS });
  const reads = (message: SeenMessage | SeenView, wanted: RegExp): boolean =>
    wanted.test(world.textOf('ts' in message ? (world.current(message) ?? message) : message));
  const type = async (user: string, text: string): Promise<void> =>
    void (await world.command({ user, text }));
  const cardOf = async (wanted: RegExp): Promise<SeenMessage> =>
    await see(`a card that reads ${wanted}`, () =>
      world.messagesIn(CHANNEL.id).findLast((card) => reads(card, wanted)),
    );
  const click = async (user: string, message: SeenMessage, actionId: string): Promise<void> =>
    void (await world.click({ user, message, actionId }));
  const now = (message: SeenMessage): Shown => ({
    title: null,
    blocks: (world.current(message) ?? message).blocks,
  });

  await type('dana', 'prod-db 30m');
  const form = await see('the form', () => {
    const modal = world.modalOf('dana');
    return modal !== undefined && modal.callbackId !== '' && modal;
  });

  await type('dana', 'prod-db 30m orders are stuck since the migration of 09:40');
  const card = await cardOf(/dana asks for prod-db/);
  const waiting = now(card);
  await click('mia', card, 'request.approve');
  await see('the access', () => reads(card, /Access until/));
  const granted = now(card);
  const ready = now(
    await see('the message that it is ready', () =>
      world.dmsTo('dana').find((message) => reads(message, /How to use/)),
    ),
  );

  await type('lee', 'billing-db 15m invoice 4711 has the wrong total');
  const critical = await cardOf(/lee asks for billing-db/);
  await click('mia', critical, 'request.approve');
  await see('one approval of two', () => reads(critical, /1 of 2/));
  const partly = now(critical);

  await type('lee', 'prod-db 2h a look around');
  const curious = await cardOf(/lee asks for prod-db/);
  await world.homeOpened('sam');
  const home = await see('the Home of sam', () => {
    const tab = world.homeOf('sam');
    return tab !== undefined && reads(tab, /a look around/) && tab;
  });
  const before = world.ephemeralsTo('sam').length;
  await type('sam', 'who-has prod-db');
  const holders = await see('who has it', () => world.ephemeralsTo('sam')[before]);

  await click('sam', curious, 'request.deny');
  const denial = await see('the form of the denial', () => {
    const modal = world.modalOf('sam');
    return modal !== undefined && modal.callbackId === 'form.deny' && modal;
  });
  await world.submitView({
    user: 'sam',
    view: denial,
    values: { reason: 'The replica has the same rows: use that.' },
  });
  await see('the denial', () => reads(curious, /Denied/));
  const denied = now(curious);
  await type('dana', 'done');
  await see('the end', () => reads(card, /[Ee]nded/));
  const ended = now(card);

  const pages = (view: SeenView, title: string): Shown => ({ title, blocks: view.blocks });
  return [
    { name: 'card', shown: [waiting] },
    { name: 'cards', shown: [partly, granted, denied, ended] },
    { name: 'form', shown: [pages(form, 'Request access')] },
    { name: 'ready', shown: [ready] },
    { name: 'home', shown: [pages(home, 'Home')] },
    { name: 'who-has', shown: [{ title: null, blocks: holders.blocks }] },
  ];
}

const LOGO = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" rx="6" fill="#1d3557"/><text x="18" y="25" font-family="sans-serif" font-size="20" font-weight="700" text-anchor="middle" fill="#fff">H</text></svg>',
)}`;

const FRAME = `
  body { margin: 0; padding: 16px; background: #fff; font-family: Lato, 'DejaVu Sans', sans-serif; width: ${WIDTH - 32}px }
  .piece { margin-bottom: 18px }
  .framed { border: 1px solid #ddd; border-radius: 8px; padding: 14px 18px }
  textarea { height: 44px !important; min-height: 0 !important; resize: none !important }
  .framed > h1 { font-size: 18px; margin: 0 0 10px }
`;

const rendered = z.array(z.custom<MessageProps['blocks'][number]>());

/** The renderer takes `verbatim` for "no markup at all"; Slack leaves out only what it would link by itself. */
function forRenderer(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(forRenderer);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .filter(([key]) => key !== 'verbatim')
          .map(([key, inner]) => [key, forRenderer(inner)]),
      )
    : value;
}

function pageOf({ shown }: Picture, style: string): string {
  const data = {
    users: PEOPLE.map(({ id, name }) => ({ id, name })),
    channels: [CHANNEL],
    user_groups: [],
  };
  const pieces = shown.map(({ title, blocks }, index) =>
    createElement(
      'div',
      { key: index, className: title === null ? 'piece' : 'piece framed' },
      ...(title === null ? [] : [createElement('h1', { key: 'title' }, title)]),
      createElement(Message, {
        key: 'blocks',
        theme: 'light',
        name: 'Hallpass',
        logo: LOGO,
        time: new Date(),
        withoutWrapper: title !== null,
        blocks: rendered.parse(blocks.map(forRenderer)),
        data,
      }),
    ),
  );
  // The renderer has a hint of its own beside each input.
  const body = renderToStaticMarkup(createElement('div', null, ...pieces)).replaceAll(
    /<p>↵ Please [^<]*<\/p>/g,
    '',
  );
  const measure = `document.title = 'height ' + Math.ceil(document.documentElement.getBoundingClientRect().height)`;
  return `<!doctype html><meta charset="utf-8"><style>${style}${FRAME}</style><body>${body}<script>${measure}</script>`;
}

const run = promisify(execFile);

async function draw(picture: Picture, style: string, belongings: Belongings): Promise<void> {
  const page = join(belongings.folder, `${picture.name}.html`);
  await writeFile(page, pageOf(picture, style));
  const chromium = async (...args: string[]): Promise<string> => {
    const { stdout } = await run('chromium', [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--hide-scrollbars',
      `--user-data-dir=${join(belongings.folder, 'chromium')}`,
      ...args,
      pathToFileURL(page).href,
    ]);
    return stdout;
  };
  const [, height = '600'] =
    /<title>height (\d+)/.exec(await chromium(`--window-size=${WIDTH},800`, '--dump-dom')) ?? [];
  const file = join(FOLDER, `${picture.name}.png`);
  await chromium(`--window-size=${WIDTH},${height}`, '--force-device-scale-factor=2', `--screenshot=${file}`);
}

async function main(): Promise<void> {
  const belongings = await gatherBelongings();
  try {
    const style = await readFile(
      createRequire(import.meta.url).resolve('slack-blocks-to-jsx/dist/style.css'),
      'utf8',
    );
    await mkdir(FOLDER, { recursive: true });
    for (const picture of await play(belongings)) {
      await draw(picture, style, belongings);
    }
  } finally {
    await belongings.putAway();
  }
}

await main();
