import { z } from 'zod';
import { apiAudience } from './give-settings.ts';
import type { Runtime } from './start-runtime.ts';

const Target = z.object({ subscriptionId: z.string(), name: z.string(), customerId: z.string() }).loose();

const PlanShown = z
  .object({
    id: z.string(),
    version: z.number(),
    status: z.string(),
    proposedAt: z.string(),
    targetHash: z.string(),
    targetCount: z.number(),
    targets: z.array(Target),
    consequences: z.array(z.string()),
    approval: z.object({ at: z.string(), name: z.string() }).loose().optional(),
    restore: z.object({ at: z.string(), name: z.string() }).loose().optional(),
    results: z.record(z.string(), z.object({ result: z.string(), at: z.string(), detail: z.string() })),
  })
  .loose();
export type PlanShown = z.infer<typeof PlanShown>;

const CaseRow = z
  .object({
    id: z.string(),
    party: z.string(),
    subject: z.string(),
    severity: z.number(),
    openedAt: z.string(),
    signals: z.number(),
    why: z.string(),
  })
  .loose();
export type CaseRow = z.infer<typeof CaseRow>;

const CaseShown = CaseRow.extend({
  severityIs: z.string(),
  reasons: z.array(
    z
      .object({
        ruleId: z.string(),
        title: z.string(),
        points: z.number(),
        signals: z.number(),
        observed: z.string(),
        normal: z.string(),
      })
      .loose(),
  ),
  plans: z.array(PlanShown),
  timeline: z.array(
    z.object({ id: z.string(), occurredAt: z.string(), detectedAt: z.string(), observed: z.string() }).loose(),
  ),
});
export type CaseShown = z.infer<typeof CaseShown>;

/** The API asked for patience (503): people come back a minute later. */
export class TryLater extends Error {
  override readonly name = 'TryLater';
}

/** What people of the partner do through the API, with their own tokens. */
export interface People {
  openCases(): Promise<readonly CaseRow[]>;
  showCase(id: string): Promise<CaseShown>;
  approve(plan: PlanShown, reason: string): Promise<void>;
  restore(plan: PlanShown, reason: string): Promise<void>;
}

/** The people of the generated partner at the runtime's API. An answer that is not 2xx is an error with its body. */
export async function peopleOf(runtime: Runtime): Promise<People> {
  const token = await personToken(runtime, 'Risk.Approver');
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${runtime.host.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status === 503) throw new TryLater(`${method} ${path}: ${text.slice(0, 200)}`);
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text);
  };
  return {
    async openCases() {
      const shown = z.object({ cases: z.array(CaseRow) }).parse(await call('GET', '/api/cases?limit=200'));
      return shown.cases;
    },
    async showCase(id) {
      return CaseShown.parse(await call('GET', `/api/cases/${encodeURIComponent(id)}`));
    },
    async approve(plan, reason) {
      await call('POST', `/api/approvals/${encodeURIComponent(plan.id)}`, {
        decision: 'approve',
        planVersion: plan.version,
        targetHash: plan.targetHash,
        reason,
      });
    },
    async restore(plan, reason) {
      await call('POST', `/api/plans/${encodeURIComponent(plan.id)}/restore`, { reason });
    },
  };
}

/** A token of a person of the partner who holds `role`. */
export async function personToken(runtime: Runtime, role: string): Promise<string> {
  const { partner } = runtime.world;
  const person = partner.people.find((one) => one.roles.includes(role));
  if (person === undefined) throw new Error(`nobody of the generated partner holds the role ${role}`);
  return await runtime.issuer.mintPersonToken({
    tid: partner.tenantId,
    oid: person.objectId,
    name: person.name,
    roles: person.roles,
    audience: apiAudience,
  });
}
