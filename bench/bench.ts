import type { Figure } from './figures.js';

/** What a row is given. */
export type Bench = {
  /** Smaller numbers, to see that it runs; its figures say little. */
  readonly quick: boolean;
  /** For databases; removed at the end. */
  readonly folder: string;
  /** An empty Redis, with the settings that the README asks for. */
  redis(): Promise<string>;
};

export type Row = {
  readonly name: string;
  readonly title: string;
  run(bench: Bench): Promise<Figure[]>;
};
