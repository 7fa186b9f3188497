// A receiver for Hallpass's `webhook` connector. Its system is a JSON file; put yours in its place. The protocol
// is in src/connectors/webhook/README.md, and under "Try it" a first STATE_FILE. Node alone is needed.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const {
  STATE_FILE = 'state.json',
  WEBHOOK_SECRET = '',
  PORT = '8080',
  TOLERANCE_SECONDS = '300',
} = process.env;
const key = Buffer.from(WEBHOOK_SECRET.replace(/^whsec_/, ''), 'base64');
if (key.length < 24) {
  giveUp(
    'WEBHOOK_SECRET must be whsec_ and at least 24 bytes in base64: echo "whsec_$(openssl rand -base64 32)"',
  );
}
const toleranceSeconds = Number(TOLERANCE_SECONDS);
/** Answers by webhook-id, so that a delivery that comes twice is carried out once. */
const answered = new Map();

function giveUp(problem) {
  console.error(problem);
  process.exit(2);
}

class Refusal extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

function verify({ id, timestamp, signatures, body }) {
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
  const signed = signatures.split(' ').some((one) => {
    const given = Buffer.from(one.replace(/^v1,/, ''), 'base64');
    return one.startsWith('v1,') && given.length === expected.length && timingSafeEqual(given, expected);
  });
  // Too old, it may be a grant that its end has overtaken: this check bounds how late one can take effect.
  const fresh =
    /^\d+$/.test(timestamp) && Math.abs(Date.now() / 1000 - Number(timestamp)) <= toleranceSeconds;
  if (!signed || !fresh) {
    throw new Refusal(401, 'bad-signature');
  }
}

/** What the file holds now; what has expired is gone. `given`: by Hallpass, until when. `standing`: by others. */
function readState() {
  const state = JSON.parse(readFileSync(STATE_FILE, 'utf8'));
  for (const role of Object.values(state.roles)) {
    const live = Object.entries(role.given).filter(([, until]) => Date.parse(until) > Date.now());
    role.given = Object.fromEntries(live);
  }
  return state;
}

function writeState(state) {
  writeFileSync(`${STATE_FILE}.new`, JSON.stringify(state, null, 2));
  renameSync(`${STATE_FILE}.new`, STATE_FILE);
}

const actions = {
  describe: (state) => ({
    protocol: 1,
    native_expiry: 'exact',
    marks: true,
    list: true,
    end_sessions: false,
    tolerance_seconds: toleranceSeconds,
    roles: Object.keys(state.roles),
  }),
  resolve: (state, data) => {
    const { target } = roleOf(state, data);
    const found = state.accounts.filter(({ name }) => name === data.account.name);
    if (found.length !== 1) {
      throw found.length === 0 ? new Refusal(404, 'unknown-account') : new Refusal(409, 'ambiguous-account');
    }
    return { target, account: { id: found[0].id } };
  },
  check: (state, data) => {
    const { role, target, id } = aimOf(state, data);
    const until = role.given[id] ?? null;
    const held = until !== null ? 'present' : role.standing.includes(id) ? 'standing' : 'absent';
    return { target, state: held, expires_at: until };
  },
  grant: (state, data) => {
    const { role, target, id } = aimOf(state, data);
    if (!(Date.parse(data.expires_at) > Date.now())) {
      throw new Refusal(403, 'refused');
    }
    role.given[id] = data.expires_at;
    writeState(state);
    return { target };
  },
  revoke: (state, data) => {
    const { role, target, id } = aimOf(state, data);
    delete role.given[id];
    writeState(state);
    return { target, sessions_ended: null };
  },
  list: (state, data) => {
    const { role, target } = roleOf(state, data);
    const holders = new Set([...Object.keys(role.given), ...role.standing]);
    const members = state.accounts.filter(({ id }) => holders.has(id));
    return {
      target,
      members: members.map((account) => ({ account, standing: !(account.id in role.given) })),
    };
  },
};

/** `target` tells this system, and this role in it, from any other that bears the same name. */
function roleOf(state, data) {
  if (!Object.hasOwn(state.roles, data.role)) {
    throw new Refusal(404, 'unknown-role');
  }
  const role = state.roles[data.role];
  return { role, target: `${state.system}/${role.id}` };
}

function aimOf(state, data) {
  const { role, target } = roleOf(state, data);
  if (data.target !== target) {
    throw new Refusal(409, 'wrong-target');
  }
  // By the id alone: the name may belong to somebody else by now.
  const account = state.accounts.find(({ id }) => id === data.account.id);
  if (account === undefined) {
    throw new Refusal(404, 'unknown-account');
  }
  return { role, target, id: account.id };
}

function answer(headers, body) {
  const {
    'webhook-id': id = '',
    'webhook-timestamp': timestamp = '',
    'webhook-signature': signatures = '',
  } = headers;
  verify({ id, timestamp, signatures, body });
  const before = answered.get(id);
  if (before !== undefined) {
    return before;
  }
  const { type, data } = JSON.parse(body);
  const action = String(type).replace(/^hallpass\./, '');
  if (data.protocol !== 1 || !Object.hasOwn(actions, action)) {
    throw new Refusal(400, 'refused');
  }
  const said = actions[action](readState(), data);
  answered.set(id, said);
  setTimeout(() => answered.delete(id), 2_000 * toleranceSeconds).unref();
  return said;
}

async function take(request, response) {
  let status = 200;
  let said;
  try {
    const chunks = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    said = answer(request.headers, Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    status = error instanceof Refusal ? error.status : 500;
    said = error instanceof Refusal ? { error: error.code } : {};
    if (status === 500) {
      console.error(error);
    }
  }
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said));
}

try {
  readState();
} catch (error) {
  giveUp(`STATE_FILE (${STATE_FILE}) can't be used: ${error.message}`);
}
const server = createServer((request, response) => void take(request, response));
server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`Listening on http://127.0.0.1:${server.address().port}`);
});
