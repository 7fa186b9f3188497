/** What happened when, as a person can follow it. */
export type Who = 'person' | 'fault' | 'app' | 'target' | 'database' | 'slack';
export type Entry = { readonly at: number; readonly who: Who; readonly text: string };

export type Timeline = {
  readonly startedAt: number;
  note(this: void, who: Who, text: string, at?: number): void;
  readonly entries: readonly Entry[];
};

export function createTimeline(): Timeline {
  const entries: Entry[] = [];
  return {
    startedAt: Date.now(),
    entries,
    note(who, text, at = Date.now()) {
      entries.push({ at, who, text });
    },
  };
}

export function timelineText(entries: readonly Entry[], startedAt: number): string {
  return entries
    .toSorted((one, other) => one.at - other.at)
    .map(
      ({ at, who, text }) =>
        `${((at - startedAt) / 1_000).toFixed(3).padStart(8)} s  ${who.padEnd(8)}  ${oneLine(text)}`,
    )
    .join('\n');
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 230 ? `${line.slice(0, 229)}…` : line;
}
