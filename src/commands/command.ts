import type { Environment } from '../variables.js';

/** What a sub-command sees of the process. */
export type Command = {
  /** What stands after the sub-command's name. */
  readonly args: readonly string[];
  readonly env: Environment;
  /** Aborted when the process is asked to end. */
  readonly stopping: AbortSignal;
  /** What a hang-up of the process means from now on, in place of its end. */
  onHangUp(act: () => void): void;
  readonly isTerminal: boolean;
  out(text: string): void;
  err(text: string): void;
};
