import { Redis, type RedisOptions } from 'ioredis';

export type RedisErrorListener = (error: unknown) => void;

/** Every call on the arming connection answers or fails within this. */
export const redisCallMs = 1_000;

const patience = {
  // BullMQ's own waits grow to 20 s: after a 45 s outage the first job came 12.5 s after Redis was back.
  retryStrategy: (attempt: number) => Math.min(attempt * 100, 1_000),
  connectTimeout: 5_000,
} as const satisfies RedisOptions;

/** For calls that somebody waits for: none is kept for later, and none hangs. */
export function connectForArming(url: string, onError: RedisErrorListener): Redis {
  const connection = new Redis(url, {
    ...patience,
    connectionName: 'hallpass:arming',
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: redisCallMs,
    // A peer that vanished without a word would otherwise hold the socket for a quarter of an hour.
    socketTimeout: 5_000,
  });
  connection.on('error', onError);
  return connection;
}

/**
 * For BullMQ's workers, whose commands wait for Redis to come back. BullMQ copies it once a worker for its
 * blocking reads; the copies are kept here, because a worker whose close() hangs does not let go of them.
 */
export class WorkingConnection extends Redis {
  readonly copies: Redis[] = [];
  readonly #onError: RedisErrorListener;

  constructor(url: string, onError: RedisErrorListener) {
    super(url, {
      ...patience,
      connectionName: 'hallpass:working',
      maxRetriesPerRequest: null,
      // Longer than the 10 s for which BullMQ's reads block at most.
      socketTimeout: 15_000,
    });
    this.#onError = onError;
    this.on('error', onError);
  }

  override duplicate(override?: Partial<RedisOptions>): Redis {
    const copy = super.duplicate(override);
    copy.on('error', this.#onError);
    this.copies.push(copy);
    return copy;
  }
}

export function letGo(connection: Redis): void {
  // ioredis would keep a timer of 2 s for a socket that is closed already.
  if (connection.status !== 'end') {
    connection.disconnect();
  }
}
