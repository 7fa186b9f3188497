/** Our own markup as plain text, for a terminal. */
export function withoutMarkup(markup: string): string {
  return markup
    .replaceAll(/<!date\^[^|>]*\|([^>]*)>/g, '$1')
    .replaceAll(/<[@#]([A-Z0-9]+)>/g, '$1')
    .replaceAll(/\*([^*\n]+)\*/g, '$1')
    .replaceAll('`', '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
