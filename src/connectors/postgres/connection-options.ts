import { isIPv4 } from 'node:net';
import { checkServerIdentity, type ConnectionOptions as TlsOptions } from 'node:tls';
import type { ClientConfig } from 'pg';
import { ConnectorError } from '../../ports.js';
import { idleInTransactionMs, lockTimeoutMs, statementTimeoutMs } from './limits.js';

export type Connecting = {
  readonly url: string;
  /** Where the URL came from; named in errors instead of the URL. */
  readonly source: string;
  /** The certificate authority's PEM text, where the catalog names a file. */
  readonly ca: string | null;
  readonly plaintextAccepted: boolean;
};

/**
 * Everything is said outright: what is left out here, the driver would take from PGHOST, PGPASSWORD and their
 * like. Errors never carry the URL, not even as their cause: Node's own error for a bad URL holds all of it.
 */
export function connectionOptions({ url, source, ca, plaintextAccepted }: Connecting): ClientConfig {
  const parsed = parse(url, source);
  const { host, port, database } = addressOf(parsed, source);
  const password = decode(parsed.password, source);
  return {
    host,
    port,
    user: decode(parsed.username, source),
    password: () => password,
    database,
    ssl: tlsOptions(host, ca, plaintextAccepted),
    sslnegotiation: 'postgres',
    application_name: 'hallpass',
    client_encoding: 'utf8',
    keepAlive: true,
    options: startupOptions(),
  };
}

export type Address = { readonly host: string; readonly port: number; readonly database: string };

/** Where the database is, for people who connect to it themselves. */
export function addressIn(url: string, source: string): Address {
  return addressOf(parse(url, source), source);
}

function addressOf(url: URL, source: string): Address {
  return {
    host: decode(url.hostname, source).replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port === '' ? 5432 : url.port),
    database: decode(url.pathname.slice(1), source),
  };
}

/** Whether a connection to this host leaves the machine. */
export function isLocal(host: string): boolean {
  return (
    host.startsWith('/') ||
    host === 'localhost' ||
    host === '::1' ||
    (isIPv4(host) && host.startsWith('127.'))
  );
}

/** Verified wherever it is used. Without a network in between, a password in the clear reaches nobody else. */
function tlsOptions(host: string, ca: string | null, plaintextAccepted: boolean): TlsOptions | false {
  if (host.startsWith('/') || (ca === null && (isLocal(host) || plaintextAccepted))) {
    return false;
  }
  return {
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    // The driver hands over a socket and no name; for an IP address Node would check against `localhost`.
    checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
    ...(ca === null ? {} : { ca }),
  };
}

/**
 * In the startup packet they win over what an owner of the database or the role may have set. The search path
 * keeps a schema of theirs from standing in front of PostgreSQL's own catalogue.
 */
function startupOptions(): string {
  const settings = {
    search_path: 'pg_catalog',
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
  };
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

function parse(text: string, source: string): URL {
  if (!URL.canParse(text)) {
    throw badUrl(source, 'is not a URL');
  }
  const url = new URL(text);
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') {
    throw badUrl(source, 'does not begin with postgres://');
  }
  const missing = url.username === '' ? 'user' : url.hostname === '' ? 'host' : null;
  if (missing !== null || url.pathname.length < 2) {
    throw badUrl(source, `names no ${missing ?? 'database'}`);
  }
  if (url.search !== '' || url.hash !== '') {
    throw badUrl(
      source,
      'goes on after the database: TLS is set in the catalog; write %3F and %23 for ? and #',
    );
  }
  return url;
}

function decode(part: string, source: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // Without its cause, which could show a part of the password.
    throw badUrl(source, 'has a % that encodes nothing: write %25 for it');
  }
}

function badUrl(source: string, problem: string): ConnectorError {
  return new ConnectorError(
    'unreachable',
    `The URL in ${source} ${problem} (postgres://user:password@host/database)`,
  );
}
