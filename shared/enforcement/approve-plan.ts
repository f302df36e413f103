import { z } from 'zod';
import type { Aggregates } from '../core/aggregate.ts';
import { type ApprovalVerdict, decideApproval, decideRestore } from './approval.ts';
import { type Plan, partyOfPlan } from './plan.ts';

/** Body of `POST /api/approvals/{plan id}`. */
export const ApprovalBody = z.strictObject({
  decision: z.enum(['approve', 'reject']),
  planVersion: z.number().int().positive(),
  targetHash: z.string().regex(/^[0-9a-f]{64}$/),
  reason: z.string().min(3).max(2000),
});
export type ApprovalBody = z.infer<typeof ApprovalBody>;

/** Body of `POST /api/plans/{plan id}/restore`. */
export const RestoreBody = z.strictObject({ reason: z.string().min(3).max(2000) });

export interface PlanPorts {
  readonly aggregates: Aggregates;
  readonly now: () => Date;
}

interface Approver {
  readonly id: string;
  readonly name: string;
}

/** What the caller is told: the plan as it stands, or why not. */
export type PlanAnswer =
  | { readonly kind: 'done'; readonly plan: Plan }
  | { readonly kind: 'refused'; readonly status: 403 | 404 | 409 | 410; readonly why: string };

/** Records a person's decision on a plan; the plan then carries itself out. Saying the same twice is one decision. */
export async function approvePlan(
  ports: PlanPorts,
  id: string,
  body: ApprovalBody,
  person: Approver,
): Promise<PlanAnswer> {
  return await decideOn(ports, id, (plan) => decideApproval(plan, body, person, ports.now()));
}

/** Starts the restore of what a plan stopped. */
export async function restorePlan(
  ports: PlanPorts,
  id: string,
  body: { readonly reason: string },
  person: Approver,
): Promise<PlanAnswer> {
  return await decideOn(ports, id, (plan) => decideRestore(plan, person, body.reason, ports.now()));
}

async function decideOn(ports: PlanPorts, id: string, judge: (plan: Plan) => ApprovalVerdict): Promise<PlanAnswer> {
  const party = partyOfPlan(id);
  const absent = { kind: 'refused', status: 404, why: `There is no plan "${id}".` } as const;
  if (party === undefined) return absent;
  let verdict: ApprovalVerdict | undefined;
  const outcome = await ports.aggregates.act<Plan>({ container: 'plans', partition: party, id }, undefined, (plan) => {
    verdict = plan === undefined ? undefined : judge(plan);
    return verdict?.kind === 'decided' ? verdict.decision : undefined;
  });
  if (verdict === undefined || outcome.state === undefined) return absent;
  return verdict.kind === 'refused' ? verdict : { kind: 'done', plan: outcome.state };
}
