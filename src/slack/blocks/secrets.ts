import type { KnownBlock, ModalView } from '@slack/web-api';
import type { Revealed, RevealedSecret } from '../../domain/asking.js';
import { resultView } from './forms.js';
import { LIMITS, SHOWN, truncate } from './limits.js';
import { context, plainSection, section } from './message.js';
import { bold, code, roleKeyOf, said, when } from './text.js';

/** A window for one person's eyes. It is never made into a message, so no text of it is kept or searched. */
export function secretView(title: string, { grant, title: what, secrets }: Revealed): ModalView {
  const blocks: KnownBlock[] = [
    section(
      `${bold(roleKeyOf(grant), SHOWN.roleKey)} (${said(what, SHOWN.title)}), until ${when(grant.endsAt)}.`,
    ),
    ...secrets.flatMap(secretBlocks),
    context([
      'Shown only now and stored nowhere. *Reveal login* makes a new password; the one before then stops working.',
    ]),
  ];
  return resultView(title, { text: title, blocks: blocks.slice(0, LIMITS.modalBlocks) });
}

function secretBlocks({ connector, fields, howTo }: RevealedSecret): KnownBlock[] {
  return [
    section(`*${code(connector)}*`),
    ...fields.map(({ label, value }): KnownBlock => ({
      type: 'rich_text',
      elements: [
        { type: 'rich_text_section', elements: [{ type: 'text', text: truncate(label, SHOWN.name) }] },
        {
          type: 'rich_text_preformatted',
          elements: [{ type: 'text', text: truncate(value.reveal(), LIMITS.sectionText) }],
        },
      ],
    })),
    ...(howTo === '' ? [] : [plainSection(howTo)]),
  ];
}
