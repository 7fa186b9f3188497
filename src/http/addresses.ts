import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net';

export type Reach = 'public' | 'private' | 'loopback' | 'forbidden';

/** An address that no call goes to. Its text names no address: a name that leads there may be an attempt to learn some. */
export class AddressRefused extends Error {
  readonly reach: Exclude<Reach, 'public'>;
  constructor(reach: Exclude<Reach, 'public'>) {
    super(`An address of the kind ${reach} was refused`);
    this.name = 'AddressRefused';
    this.reach = reach;
  }
}

const loopback = listOf(['127.0.0.0/8', '::1/128']);

const privateNetworks = listOf([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
]);

/** Where clouds hand out credentials; nothing a catalog could mean. */
const metadata = listOf([
  '169.254.0.0/16',
  '100.100.100.200/32',
  '168.63.129.16/32',
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
]);

/** What IANA keeps for special purposes, in either direction of a translation between IPv4 and IPv6. */
const special = listOf([
  '0.0.0.0/8',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
]);

/** Of IPv6, only this is given out to anybody at all. */
const globalUnicast = listOf(['2000::/3']);

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return list;
}

/** Also for IPv4 addresses written as IPv6 ones. */
export function reachOf(address: string): Reach {
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  const on = (list: BlockList): boolean => list.check(address, family);
  if (on(metadata)) {
    return 'forbidden';
  }
  if (on(loopback)) {
    return 'loopback';
  }
  if (on(privateNetworks)) {
    return 'private';
  }
  const mapped = mappedIPv4.check(address, family);
  return on(special) || (family === 'ipv6' && !mapped && !on(globalUnicast)) ? 'forbidden' : 'public';
}

const mappedIPv4 = listOf(['0.0.0.0/0']);

/** `127.0.0.1`, `[::1]` and `localhost`, as a URL's host is written. */
export function isLoopbackHost(host: string): boolean {
  const plain = withoutBrackets(host);
  return plain === 'localhost' || (isIP(plain) !== 0 && reachOf(plain) === 'loopback');
}

export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/** The addresses of a name: `dns.lookup`, or a test's own. */
export type Resolve = (
  host: string,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export const systemResolve: Resolve = (host, done) => {
  systemLookup(host, { all: true }, done);
};

export type AddressRules = { readonly allowPrivate: boolean; readonly loopbackOnly: boolean };

/** Null when a call may go there. Node asks no `lookup` for a host that is an address already: ask this as well. */
export function refusalOf(
  address: string,
  { allowPrivate, loopbackOnly }: AddressRules,
): AddressRefused | null {
  const reach = reachOf(address);
  if (reach === 'public') {
    return loopbackOnly ? new AddressRefused('forbidden') : null;
  }
  const allowed = allowPrivate && (reach === 'loopback' || (reach === 'private' && !loopbackOnly));
  return allowed ? null : new AddressRefused(reach);
}

/**
 * For Node's own connecting: the addresses that were looked at are those that are connected to, so a name that
 * means another address a moment later gains nothing. One that is refused refuses them all.
 */
export function guardedLookup(rules: AddressRules, resolve: Resolve): LookupFunction {
  return (host, options, done) => {
    resolve(host, (error, addresses) => {
      // With an error there may be no list at all, whatever the types say.
      const found = error === null ? addresses : [];
      const refused = found.map(({ address }) => refusalOf(address, rules)).find((one) => one !== null);
      const [first] = found;
      if (first === undefined || refused !== undefined) {
        done(error ?? refused ?? new Error('The name has no address'), '', 0);
      } else if (options.all === true) {
        done(null, found);
      } else {
        done(null, first.address, first.family);
      }
    });
  };
}
