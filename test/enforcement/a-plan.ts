import type { Decision, Root } from '../../shared/core/aggregate.ts';
import type { Subscription } from '../../shared/customers/subscription.ts';
import type { LeftOut, Plan, Target } from '../../shared/enforcement/plan.ts';
import { layOut, type PlanPage } from '../../shared/enforcement/plan-pages.ts';
import { decideProposal, type PlanInput } from '../../shared/enforcement/proposal.ts';

const party = 'customer:5f3a1b52-0000-4000-8000-000000000001';
export const approver = { id: 'tenant|approver', name: 'Eleni Pappas' };

/** The document as the commit would leave it. */
export function committed<S extends Root>(before: S | undefined, decision: Pick<Decision<S>, 'state'> | undefined): S {
  if (decision === undefined) {
    if (before === undefined) throw new Error('nothing was decided');
    return before;
  }
  return { ...decision.state, version: (before?.version ?? 0) + 1, outbox: [] } as unknown as S;
}

interface PlanDraft extends Partial<Omit<PlanInput, 'lists'>> {
  readonly targets?: readonly Target[];
  readonly leftOut?: readonly LeftOut[];
}

const planId = `${party}:compromise:1:plan:1`;
export const twoTargets: readonly Target[] = [
  { subscriptionId: 'sub-b', name: 'Production', customerId: 'contoso', planId: 'plan' },
  { subscriptionId: 'sub-a', name: 'Test', customerId: 'contoso', planId: 'plan' },
];

const laidOut = ({ id = planId, targets = twoTargets, leftOut = [] }: PlanDraft) => layOut(id, targets, leftOut);

/** The pages that stand before the plan does. */
export const aPlanPages = (with_: PlanDraft = {}): readonly PlanPage[] => laidOut(with_).pages;

export const aPlanInput = ({ targets, leftOut, ...with_ }: PlanDraft = {}): PlanInput => ({
  id: planId,
  party,
  caseId: `${party}:compromise:1`,
  playbook: 'compromised-tenant',
  lists: laidOut({ ...with_, ...(targets && { targets }), ...(leftOut && { leftOut }) }).lists,
  mode: 'approve',
  expiresAfterMinutes: 60,
  policyHash: 'sha256:0',
  ...with_,
});

export const aPlan = (now: Date, with_: PlanDraft = {}): Plan =>
  committed<Plan>(undefined, decideProposal(undefined, aPlanInput(with_), now));

export const aSubscription = (with_: Partial<Subscription> = {}): Subscription => ({
  id: 'sub-a',
  v: 1,
  kind: 'subscription',
  version: 1,
  outbox: [],
  subscriptionId: 'sub-a',
  name: 'Test',
  party,
  attribution: [{ from: '0001-01-01', party }],
  firstSeenAt: '2026-11-01T00:00:00.000Z',
  firstSeenIn: 'partner-center',
  partnerCenter: { tenantId: 'contoso', planId: 'plan' },
  holds: [],
  told: [],
  closedOwners: [],
  lifted: [],
  attempts: [],
  ...with_,
});
