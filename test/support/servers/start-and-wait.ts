import { ensureInstalled } from './ensure-installed.js';
import { startPostgres } from './postgres.js';
import { startRedis } from './redis.js';

// A program that starts servers and never ends by itself; a test kills it to see what becomes of them.
const servers = await ensureInstalled();
const redis = await startRedis({}, servers);
const postgres = await startPostgres({ version: '18' }, servers);
await postgres.pause();

process.stdout.write(
  `${JSON.stringify({ pids: [redis.pid, postgres.pid], folders: [redis.folder, postgres.folder] })}\n`,
);
setInterval(() => undefined, 60_000);
