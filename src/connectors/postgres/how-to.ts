import { escapeIdentifier } from 'pg';
import type { Account } from '../../domain/request.js';

/** True for accounts with INHERIT, as PostgreSQL makes them, and for those without. */
export function howToUse({ role, account }: { role: string; account: Account }): string {
  return (
    `Connect to the database as ${account.name}, as usual: what ${role} may do, you may do now. ` +
    `If something is still refused, run: SET ROLE ${sqlName(role)};`
  );
}

/** As a person would write it. */
export function sqlName(role: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(role) ? role : escapeIdentifier(role);
}
