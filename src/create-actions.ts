import type { RequestId } from './domain/ids.js';
import type { ReconciledView } from './domain/views.js';
import type { PeopleWatch } from './people-watch.js';
import type { RulesWatch } from './rules-watch.js';
import type { Actions } from './slack/actions.js';
import { adoptOrphan } from './usecases/adopt-orphan.js';
import { askReconcile } from './usecases/ask-reconcile.js';
import { cancelRequest } from './usecases/cancel-request.js';
import { claimRequest } from './usecases/claim-request.js';
import { confirmEnforcement } from './usecases/confirm-enforcement.js';
import { decideRequest, denyForm } from './usecases/decide-request.js';
import { delegate, delegationsOf } from './usecases/delegate.js';
import type { Deps } from './usecases/deps.js';
import { emergencyForm, listEmergencies } from './usecases/emergency-form.js';
import { endOwnGrant, revokeForm, revokeGrant } from './usecases/end-grant.js';
import { explainRole } from './usecases/explain-role.js';
import { exportHolders } from './usecases/export-holders.js';
import { exportHistory } from './usecases/export-history.js';
import { extendForm, extendGrant } from './usecases/extend-grant.js';
import { listOffers, whoAmI } from './usecases/list-offers.js';
import { history } from './usecases/history.js';
import { loadHome } from './usecases/load-home.js';
import { listStuck } from './usecases/list-stuck.js';
import { nudgeRequest } from './usecases/nudge-request.js';
import { prolongForm, prolongGrant } from './usecases/prolong-grant.js';
import { revealSecret } from './usecases/reveal-secret.js';
import { orphansForm, removeOrphan } from './usecases/remove-orphan.js';
import { reviewEmergency, reviewForm } from './usecases/review-emergency.js';
import { submitRequest } from './usecases/submit-request.js';
import { takeEmergency } from './usecases/take-emergency.js';
import { markRemoved, removalForm, retryStuck } from './usecases/unstick.js';
import { mine } from './usecases/mine.js';
import { whoHas } from './usecases/who-has.js';

/** What Slack may ask of Hallpass: each is one use case. */
export function createActions(
  deps: Deps,
  {
    personChanged,
    reconcile,
    lookAnew,
    renew,
  }: Pick<PeopleWatch, 'personChanged'> &
    Pick<RulesWatch, 'lookAnew'> & {
      readonly reconcile: () => Promise<ReconciledView[]>;
      /** Puts a request on new terms, in the background. */
      readonly renew: (id: RequestId) => void;
    },
): Actions {
  return {
    submitRequest: async (input) => await submitRequest(deps, input),
    prolongGrant: async (input) => await prolongGrant(deps, input),
    decideRequest: async (input) => {
      const outcome = await decideRequest(deps, input);
      if (!outcome.ok && outcome.refusal.code === 'terms-changed') {
        renew(input.requestId);
      }
      return outcome;
    },
    extendGrant: async (input) => await extendGrant(deps, input),
    takeEmergency: async (input) => await takeEmergency(deps, input),
    emergencyForm: async (input) => await emergencyForm(deps, input),
    emergencies: async (input) => await listEmergencies(deps, input),
    reviewEmergency: async (input) => await reviewEmergency(deps, input),
    reviewForm: async (input) => await reviewForm(deps, input),
    cancelRequest: async (input) => await cancelRequest(deps, input),
    nudgeRequest: async (input) => await nudgeRequest(deps, input),
    delegate: async (input) => {
      const outcome = await delegate(deps, input);
      if (outcome.ok) {
        lookAnew();
      }
      return outcome;
    },
    delegations: async (input) => await delegationsOf(deps, input),
    claimRequest: async (input) => await claimRequest(deps, input),
    endOwnGrant: async (input) => await endOwnGrant(deps, input),
    revokeGrant: async (input) => await revokeGrant(deps, input),
    personChanged: async (userId) => await personChanged(userId),
    whoHas: async (input) => await whoHas(deps, input),
    exportHolders: async (input) => await exportHolders(deps, input),
    history: async (input) => await history(deps, input),
    exportHistory: async (input) => await exportHistory(deps, input),
    mine: async (input) => await mine(deps, input),
    home: async (input) => await loadHome(deps, input),
    offers: async (input) => await listOffers(deps, input),
    whoAmI: async (input) => await whoAmI(deps, input),
    explainRole: async (input) => await explainRole(deps, input),
    revealSecret: async (input) => await revealSecret(deps, input),
    prolongForm: async (input) => await prolongForm(deps, input),
    extendForm: async (input) => await extendForm(deps, input),
    denyForm: async (input) => await denyForm(deps, input),
    listStuck: async (input) => await listStuck(deps, input),
    retryStuck: async (input) => await retryStuck(deps, input),
    removalForm: async (input) => await removalForm(deps, input),
    markRemoved: async (input) => await markRemoved(deps, input),
    revokeForm: async (input) => await revokeForm(deps, input),
    reconcile: async (input) => await askReconcile(deps, input, reconcile),
    orphansForm: async (input) => await orphansForm(deps, input),
    removeOrphan: async (input) => await removeOrphan(deps, input),
    adoptOrphan: async (input) => await adoptOrphan(deps, input),
    confirmEnforcement: async (input) => await confirmEnforcement(deps, input),
  };
}
