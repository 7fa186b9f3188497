/** The names under which Slack hands clicks and forms back. Exact strings: Bolt runs every listener that matches. */
export const ACTION = {
  approve: 'request.approve',
  approveForLess: 'request.approve-for-less',
  deny: 'request.deny',
  cancel: 'request.cancel',
  longestAllowed: 'request.longest-allowed',
  askAgain: 'request.ask-again',
  revoke: 'grant.revoke',
  done: 'grant.done',
  prolong: 'grant.prolong',
  reveal: 'grant.reveal',
  removeOrphan: 'orphan.remove',
  adoptOrphan: 'orphan.adopt',
  enforce: 'standing.enforce',
  endAll: 'grant.end-all',
  retryStuck: 'stuck.retry',
  markRemoved: 'stuck.mark-removed',
  earlierStuck: 'stuck.earlier',
  laterStuck: 'stuck.later',
  earlierHolders: 'who-has.earlier',
  laterHolders: 'who-has.later',
} as const;

export const FORM = {
  request: 'form.request',
  deny: 'form.deny',
  revoke: 'form.revoke',
  prolong: 'form.prolong',
  removeOrphan: 'form.remove-orphan',
  adoptOrphan: 'form.adopt-orphan',
  removal: 'form.removal',
} as const;
