import { z } from 'zod';
import type { Aggregates, AuditEffect, Decision, Root } from '../core/aggregate.ts';
import { KnownLater } from '../core/failures.ts';
import { causeHash } from '../core/ids.ts';
import { type LoadedPolicy, lowerMode, type Mode, modes } from '../policy/policy.ts';

/** What people switch while it runs. One document; changed by the audited API only. */
export interface Switches extends Root {
  readonly kind: 'switches';
  /** Lower than the policy's, or absent. */
  readonly mode?: Mode;
  /** While true nothing is stopped anywhere. Restoring goes on. */
  readonly killSwitch: boolean;
  /** Tenant ids that a machine never holds, beside the policy's. */
  readonly protectedCustomers: readonly string[];
}

export const switchesAddress = { container: 'switches', partition: 'runtime', id: 'runtime' } as const;

/** What is in force now. */
export interface InForce {
  readonly mode: Mode;
  readonly killSwitch: boolean;
  readonly isProtected: (tenantId: string) => boolean;
}

/**
 * Reads the switches. A kill switch that cannot be read within 30 s means no act: this throws `KnownLater`.
 */
export async function readSwitches(aggregates: Aggregates, policy: LoadedPolicy): Promise<InForce> {
  const stored = await withinThirtySeconds(aggregates.read<Switches>(switchesAddress));
  const guarded = new Set(
    [...policy.protectedCustomers, ...(stored?.protectedCustomers ?? [])].map((id) => id.toLowerCase()),
  );
  return {
    mode: lowerMode(policy.mode, stored?.mode ?? policy.mode),
    killSwitch: stored?.killSwitch ?? false,
    isProtected: (tenantId) => guarded.has(tenantId.toLowerCase()),
  };
}

async function withinThirtySeconds<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new KnownLater('the kill switch could not be read within 30 s: nothing is stopped')),
      30_000,
    );
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Body of `POST /api/switches`. */
export const SwitchChange = z.strictObject({
  mode: z.enum(modes).optional(),
  killSwitch: z.boolean().optional(),
  protect: z.array(z.uuid()).max(1000).optional(),
  unprotect: z.array(z.uuid()).max(1000).optional(),
  reason: z.string().min(3).max(2000),
});
export type SwitchChange = z.infer<typeof SwitchChange>;

/** Applies a person's change and leaves an audit line. Pure. */
export function decideSwitches(
  state: Switches | undefined,
  change: SwitchChange,
  person: string,
  now: Date,
): Decision<Switches> {
  const removed = new Set(change.unprotect ?? []);
  const protectedCustomers = [...new Set([...(state?.protectedCustomers ?? []), ...(change.protect ?? [])])].filter(
    (id) => !removed.has(id),
  );
  const mode = change.mode ?? state?.mode;
  const line: AuditEffect = {
    to: 'audit',
    id: `audit-${causeHash('switches', String((state?.version ?? 0) + 1))}`,
    party: 'partner',
    at: now.toISOString(),
    actor: person,
    action: 'switches-changed',
    target: 'switches:runtime',
    facts: { ...change },
  };
  return {
    state: {
      id: 'runtime',
      v: 1,
      kind: 'switches',
      killSwitch: change.killSwitch ?? state?.killSwitch ?? false,
      protectedCustomers,
      ...(mode === undefined ? {} : { mode }),
    },
    effects: [line],
  };
}
