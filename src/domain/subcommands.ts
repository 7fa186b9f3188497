/** First words that the slash command keeps for itself, now or later: no resource may bear one as its name. */
export const SUBCOMMANDS = [
  'request',
  'who-has',
  'mine',
  'done',
  'cancel',
  'revoke',
  'list',
  'whoami',
  'help',
  'extend',
  'stuck',
  'explain',
  'history',
  'emergency',
  'delegate',
  'freeze',
] as const;
