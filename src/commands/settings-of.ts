import { readSettings, type Settings } from '../settings.js';
import type { Command } from './command.js';

/** The settings of `hallpass start`. Null where they can't be used: what is wrong with them is told. */
export function settingsOf(command: Command): Settings | null {
  const read = readSettings(command.env);
  if (!read.ok) {
    command.err(['hallpass: these settings need a look:', ...read.problems].join('\n  '));
    return null;
  }
  return read.settings;
}
