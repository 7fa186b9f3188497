import { code } from './text.js';
import { section, toBody, type Body } from './message.js';

export function helpBody(command: string): Body {
  const lines = [
    `\`${command}\` opens a form`,
    `\`${command} request prod-db 30m why you need it\` asks for access; \`prod-db:admin\` names a role, \`for @user\` before the reason asks for somebody else`,
    `\`${command} request prod-db 2h at 18:00 nightly migration\` asks for later; also \`tomorrow 09:00\`, \`friday 9:30\` and \`at 2026-11-27 09:00\`, in your time zone`,
    `\`${command} emergency prod-db:admin 30m why\` takes access at once, where the policy allows; everybody is told, and it is reviewed`,
    `\`${command} mine\` what you hold and wait for`,
    `\`${command} done [id or role]\` ends your access now`,
    `\`${command} extend [id or role] [30m why]\` asks for more time on what you hold`,
    `\`${command} cancel [id or role]\` takes back your request`,
    `\`${command} nudge [id or role]\` reminds those who can approve your request, once`,
    `\`${command} who-has [resource, role or @user]\` who holds what, until when`,
    `\`${command} history [resource, role or @user] [30d]\` what was asked for, and what became of it`,
    `${code(`${command} revoke <id or role> <reason>`)} takes access away, for its approvers and admins`,
    `\`${command} delegate @stand-in until friday\` has somebody approve in your place; \`delegate off\` ends that, \`delegate\` shows it`,
    `\`${command} stuck\` what could not be taken away yet, for admins and auditors`,
    `\`${command} list\` what you may request`,
    `\`${command} explain prod-db:admin\` whether you may ask for it, who decides, how many are pinged, for how long`,
    `\`${command} whoami\` your ids and accounts`,
    `\`${command} reconcile\` holds every target against what should be there, for admins`,
  ].map((line) => `• ${line}`);
  const markup = ['*Access for a short time, with somebody’s approval*', ...lines].join('\n');
  return toBody({ text: markup, blocks: [section(markup)] });
}

/** For what was not understood: what was typed, the nearest that would be, and the way on. */
export function unknownBody(
  { typed, suggestion }: { typed: string; suggestion: string | null },
  command: string,
): Body {
  const guess = suggestion === null ? '' : ` Did you mean ${code(`${command} ${suggestion}`, 600)}?`;
  const markup = `${code(`${command} ${typed}`, 1_500)} was not understood.${guess} \`${command} help\` shows what is.`;
  return toBody({ text: markup, blocks: [section(markup)] });
}
