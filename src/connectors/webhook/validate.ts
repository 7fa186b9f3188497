import type { Finding } from '../../ports.js';
import { SECOND_MS } from '../../domain/time.js';
import { listNames } from '../define.js';
import { protocolVersion, type Description } from './protocol.js';

export type Declared = Pick<Description, 'native_expiry' | 'marks' | 'list' | 'end_sessions'> & {
  readonly toleranceMs: number;
  readonly manage: readonly string[];
};

/** Where the catalog and the receiver's own words differ. What people are told rests on the catalog. */
export function compare(declared: Declared, description: Description): Finding[] {
  const missing = declared.manage.filter((role) => !description.roles.includes(role));
  const acceptsFor = description.tolerance_seconds * SECOND_MS;
  return [
    ...different('native_expiry', declared, description),
    ...different('marks', declared, description),
    ...different('list', declared, description),
    ...different('end_sessions', declared, description),
    ...(acceptsFor > declared.toleranceMs
      ? [
          error(
            `The receiver carries out calls that are ${description.tolerance_seconds} s old, longer than the catalog's tolerance: ` +
              'a late grant could go unnoticed. Set one of them to the other',
          ),
        ]
      : []),
    ...(missing.length === 0 ? [] : [error(`The receiver does not know the roles ${listNames(missing)}`)]),
  ];
}

export function versionProblem({ protocol }: Pick<Description, 'protocol'>): string | null {
  return protocol === protocolVersion
    ? null
    : `The receiver speaks version ${protocol} of the protocol, and this Hallpass version ${protocolVersion}`;
}

function different(
  key: 'native_expiry' | 'marks' | 'list' | 'end_sessions',
  declared: Declared,
  description: Description,
): Finding[] {
  return declared[key] === description[key]
    ? []
    : [error(`The catalog says ${key}: ${declared[key]}, and the receiver ${description[key]}`)];
}

function error(text: string): Finding {
  return { level: 'error', text };
}
