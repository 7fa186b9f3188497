/** Of each secret that was sent to Slack: until when it is good, whether it logs in, and where else it stands. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scramVerifier } from '../../src/connectors/postgres/scram-verifier.js';
import type { RecordedCall } from '../../src/emulated-slack/front-proxy.js';
import { Secret } from '../../src/secret.js';
import type { Change, Evidence, Reveal, ShownSecret } from './evidence-type.js';
import type { RevealClick } from './people.js';
import { credentialsSent, readerOf, updatesAfter, type Credentials } from '../support/shown-secrets.js';
import type { PasswordSet, TargetEvidence } from './target-evidence.js';
import type { World } from './world.js';

export async function gatherSecrets(
  world: World,
  target: TargetEvidence,
): Promise<Pick<Evidence, 'secrets' | 'reveals' | 'sessions'>> {
  const { place, loggingIn, whoseIs } = world;
  const shown = place.world
    .calls('views.update')
    .flatMap((call) => credentialsSent(call).map((credentials) => ({ call, credentials })));
  const found = await whereFound(world, shown);
  const secrets: ShownSecret[] = [];
  for (const { call, credentials } of shown) {
    await loggingIn.attempt(credentials);
    const whom = whoseIs(credentials.user);
    secrets.push({
      ...whom,
      ...(await goodTimes(credentials, whom, target)),
      shownAt: call.at,
      to: readerOf(place.world, call),
      tries: loggingIn.tries(credentials.password),
      foundIn: found.get(credentials.password) ?? [],
    });
  }
  return {
    secrets,
    reveals: world.reveals.map((each) => toReveal(world, each)),
    sessions: [...loggingIn.sessions],
  };
}

/** From when the target took the verifier of just this password until it took another, or closed the login. */
async function goodTimes(
  { password }: Credentials,
  { role, account }: { role: string; account: string },
  { passwords, changes }: TargetEvidence,
): Promise<{ goodFrom: number | null; goodUntil: number }> {
  const isHere = (each: PasswordSet | Change): boolean => each.role === role && each.account === account;
  for (const set of passwords.filter(isHere)) {
    if (await isVerifierOf(set.verifier, password)) {
      const ends = [...passwords, ...changes.filter(({ verb }) => verb === 'REVOKE')]
        .filter((each) => isHere(each) && each.at > set.at)
        .map(({ at }) => at);
      return { goodFrom: set.at, goodUntil: Math.min(Infinity, ...ends) };
    }
  }
  return { goodFrom: null, goodUntil: -Infinity };
}

async function isVerifierOf(verifier: string, password: string): Promise<boolean> {
  const salt = /^SCRAM-SHA-256\$\d+:([^$]+)\$/.exec(verifier)?.[1] ?? '';
  return (await scramVerifier(new Secret(password), Buffer.from(salt, 'base64'))) === verifier;
}

/** Anywhere but in the window that it was sent to. */
async function whereFound(
  world: World,
  shown: readonly { call: RecordedCall; credentials: Credentials }[],
): Promise<Map<string, string[]>> {
  const places = shown.length === 0 ? [] : await everyPlace(world);
  const calls = world.place.world.calls();
  return new Map(
    shown.map(({ call, credentials: { password } }) => [
      password,
      [
        ...places.filter(({ text }) => text.includes(password)).map(({ name }) => name),
        ...calls
          .filter(({ method, body }) => method !== 'views.update' || body['view_id'] !== call.body['view_id'])
          .filter(({ body }) => JSON.stringify(body).includes(password))
          .map(({ method }) => `Slack's ${method}`),
      ],
    ]),
  );
}

async function everyPlace({ place, redis, app, target }: World): Promise<{ name: string; text: string }[]> {
  const files = [...(await filesIn(place.folder)), ...(await filesIn(redis.folder))];
  const texts = [...files, join(target.server.folder, 'server.log')].map(async (name) => ({
    name,
    // A file of Redis may be gone by now: it was written anew.
    text: await readFile(name, 'latin1').catch(() => ''),
  }));
  const answers = place.world.responses.map(({ body }) => JSON.stringify(body)).join('\n');
  return [
    ...(await Promise.all(texts)),
    { name: "Hallpass's log", text: app.output() },
    { name: 'an answer in Slack', text: answers },
  ];
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
}

/** What comes into the window, or to the address of the click, is an answer, whatever it says. */
function toReveal({ place }: World, { tag, by, at, delivered }: RevealClick): Reveal {
  const { trouble, payload } = delivered;
  const opens = place.world
    .calls('views.open')
    .filter(({ body }) => body['trigger_id'] === payload['trigger_id']);
  return {
    tag,
    by,
    at,
    acknowledged: trouble === undefined,
    answered:
      updatesAfter(place.world, delivered).length > 0 ||
      place.world.responses.some(({ url }) => url === payload['response_url']),
    slackFailed: opens.some((open) => open.answer?.['ok'] !== true || open.trouble !== undefined),
  };
}
