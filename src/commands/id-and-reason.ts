import { parseArgs } from 'node:util';

export type IdAndReason = { readonly id: string; readonly reason: string };

/** `ID --reason "WHY"`, in either order; null for anything else: the usage then says what there is. */
export function readIdAndReason(args: readonly string[]): IdAndReason | null {
  try {
    const options = { reason: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [id, ...more] = positionals;
    const { reason } = values;
    return id === undefined || reason === undefined || more.length > 0 ? null : { id, reason };
  } catch {
    return null;
  }
}
