export type DatabaseRefusedCode =
  | 'already-started'
  | 'missing'
  | 'unreadable'
  | 'foreign'
  | 'newer'
  | 'older';

/** This build must not work on this file; the message is written for whoever runs Hallpass. */
export class DatabaseRefused extends Error {
  readonly code: DatabaseRefusedCode;
  constructor(code: DatabaseRefusedCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DatabaseRefused';
    this.code = code;
  }
}
