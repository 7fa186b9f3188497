import type { ChannelId, Workspace } from '../../domain/ids.js';
import type { NoAccount } from '../../domain/refusal.js';
import type { WhoAmIAccount, WhoAmIView } from '../../domain/views.js';
import { noAccountText, type Reader } from '../refusal-text.js';
import { firstOf, SHOWN } from './limits.js';
import { section, toBody, type Body } from './message.js';
import { code, said } from './text.js';

/** The ids that a catalog needs, and what is missing in it for this person. */
export function whoAmIBody(
  view: WhoAmIView,
  where: { readonly workspace: Workspace; readonly channel: ChannelId | null; readonly reader: Reader },
): Body {
  const { workspace, channel, reader } = where;
  const groups = firstOf(view.groups, 20);
  const accounts = firstOf(view.accounts, 20);
  const ids = [
    `You are ${code(view.userId)}${view.email === null ? '; Slack shows no e-mail address' : `, ${code(view.email)}`}`,
    ...(channel === null ? [] : [`This channel is ${code(channel)}`]),
    ...(workspace.teamId === null ? [] : [`The workspace is ${code(workspace.teamId)}`]),
    ...(workspace.enterpriseId === null ? [] : [`The organisation is ${code(workspace.enterpriseId)}`]),
    `Groups: ${groups.shown.length === 0 ? 'none' : groups.shown.map((name) => said(name, SHOWN.name)).join(', ')}${groups.more > 0 ? ` and ${groups.more} more` : ''}`,
  ].join('\n');
  const lines = accounts.shown.map((account) => `• ${accountText(account, view, reader)}`);
  const sections = [ids, ...(lines.length === 0 ? [] : chunk(['*Your accounts*', ...lines]))];
  return toBody({ text: sections.join('\n'), blocks: sections.map(section) });
}

function accountText(
  { connector, account, missing }: WhoAmIAccount,
  view: WhoAmIView,
  reader: Reader,
): string {
  if (account !== null) {
    return `${code(account)} in ${code(connector)}`;
  }
  return noAccountText(connector, view.userId, detailOf(missing), reader);
}

function detailOf(missing: WhoAmIAccount['missing']): NoAccount {
  return missing === 'email-domain' ? { why: missing, domains: [] } : { why: missing ?? 'no-rule' };
}

function chunk(lines: readonly string[]): string[] {
  const perSection = 5;
  const chunks: string[] = [];
  for (let start = 0; start < lines.length; start += perSection) {
    chunks.push(lines.slice(start, start + perSection).join('\n'));
  }
  return chunks;
}
