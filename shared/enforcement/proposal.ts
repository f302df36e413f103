import type { Decision } from '../core/aggregate.ts';
import type { Mode } from '../policy/policy.ts';
import { type Plan, planEnded, planLine } from './plan.ts';
import type { PlanLists } from './plan-pages.ts';

export interface PlanInput {
  readonly id: string;
  readonly party: string;
  readonly caseId: string;
  readonly playbook: string;
  /** Of pages that stand already. */
  readonly lists: PlanLists;
  readonly mode: Mode;
  readonly expiresAfterMinutes: number;
  readonly policyHash: string;
}

/** Proposes a plan. In `observe` it is only shown. A plan that exists stays as it is. Pure. */
export function decideProposal(state: Plan | undefined, input: PlanInput, now: Date): Decision<Plan> | undefined {
  if (state !== undefined) return undefined;
  const waits = input.mode !== 'observe' && input.lists.targetCount > 0;
  const expiresAt = new Date(now.getTime() + input.expiresAfterMinutes * 60_000).toISOString();
  const { targetCount, targetHash, leftOutCount } = input.lists;
  return {
    state: {
      id: input.id,
      v: 1,
      kind: 'plan',
      party: input.party,
      caseId: input.caseId,
      playbook: input.playbook,
      status: waits ? 'awaiting-approval' : 'observed',
      proposedBy: 'surety',
      proposedAt: now.toISOString(),
      policyHash: input.policyHash,
      ...input.lists,
      consequences: consequencesOf(targetCount),
      expiresAt,
      resultCounts: {},
      ...(waits ? { nextDueAt: expiresAt } : {}),
    },
    effects: [
      planLine(input, now, 'surety', waits ? 'plan-proposed' : 'plan-observed', {
        targets: targetCount,
        targetHash,
        leftOut: leftOutCount,
        policy: input.policyHash,
      }),
      ...(waits ? [] : [planEnded(input, input.mode === 'observe' ? 'observed' : 'empty')]),
    ],
  };
}

function consequencesOf(targets: number): readonly string[] {
  return [
    `Cancels ${targets} Azure subscription${targets === 1 ? '' : 's'}: every resource in ${targets === 1 ? 'it' : 'them'} is deallocated within about ten minutes.`,
    'Starts Microsoft’s deletion clock: data is kept for 30 to 90 days after a cancellation, then deleted.',
    'Somebody who still has access can re-enable a cancelled subscription while the Azure plan is active.',
    'Public IP addresses and the contents of temporary disks do not come back when the subscription is restored.',
  ];
}
