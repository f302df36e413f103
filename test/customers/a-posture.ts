import type { AzureHolder, DirectoryFacts, PostureFacts } from '../../shared/customers/posture.ts';
import type { RolesSeen } from '../../shared/customers/read-posture.ts';
import { decideLook, type LookStep, type TenantPosture } from '../../shared/customers/tenant-posture.ts';
import { PosturePolicy } from '../../shared/policy/posture-policy.ts';

export const policy = PosturePolicy.parse({});
export const party = 'customer:20000000-0000-4000-8000-000000000001';

/** A tenant without a weakness. */
export const wellKept: Required<PostureFacts> = {
  mfa: { admins: 2, without: 0, withoutMfa: [] },
  'global-admins': { total: 1, holders: [{ id: 'alex', type: 'person' }] },
  'security-defaults': { enabled: false },
  contacts: { technical: 1, security: 1 },
  'azure-roles': { subscriptions: 2, holders: [] },
};

export const aHolder = (holder: Partial<AzureHolder> = {}): AzureHolder => ({
  role: 'Owner',
  principalId: 'p-1',
  principalType: 'User',
  conditional: false,
  atRoot: false,
  subscriptions: 1,
  example: 's-1',
  ...holder,
});

const { 'azure-roles': _, ...wellKeptDirectory } = wellKept;
export const aDirectory = (facts: DirectoryFacts = {}): LookStep['directory'] => ({
  facts: { ...wellKeptDirectory, ...facts },
  unseen: [],
});

export const someRoles = (...holders: readonly AzureHolder[]): RolesSeen => ({ holders, seen: 2, refused: [] });

export const aStep = (step: Partial<LookStep> = {}): LookStep => ({
  ...{ party, look: 'sweep-1', after: '', directory: aDirectory(), roles: someRoles(), next: undefined },
  ...step,
});

/** A tenant's posture through some looks, an hour apart; what each told stands in `told`. */
export function looks() {
  let state: TenantPosture | undefined;
  let run = 0;
  const told: Record<string, unknown>[] = [];
  return {
    told,
    state: () => state,
    look(step: Partial<LookStep> = {}) {
      run += 1;
      const now = new Date(Date.parse('2026-11-20T00:00:00Z') + run * 3_600_000);
      const decision = decideLook(state, aStep({ look: `sweep-${run}`, ...step }), policy, now);
      if (decision === undefined) return undefined;
      state = { ...decision.state, version: run, outbox: [] };
      const signals = (decision.effects ?? []).flatMap((one) =>
        one.to === 'queue' && one.queue === 'signals' ? [one.body] : [],
      );
      told.push(...signals);
      return signals;
    },
  };
}
