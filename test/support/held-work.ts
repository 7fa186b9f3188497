/** Work that is under way from its start until the test ends it, or makes it fail. */
export class HeldWork {
  readonly label: string;
  starts = 0;
  #endings: { resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(label = 'work') {
    this.label = label;
  }

  readonly run = (): Promise<void> => {
    this.starts += 1;
    return new Promise((resolve, reject) => this.#endings.push({ resolve, reject }));
  };

  get underWay(): number {
    return this.#endings.length;
  }

  end(): void {
    this.#endings.shift()?.resolve();
  }

  fail(): void {
    this.#endings.shift()?.reject(new Error(`${this.label} failed`));
  }
}
