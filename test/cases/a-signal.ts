import type { Signal } from '../../shared/cases/signal.ts';
import { signalId } from '../../shared/core/ids.ts';
import { type LoadedPolicy, Policy } from '../../shared/policy/policy.ts';

export const party = 'customer:5f3a1b52-0000-4000-8000-000000000001';

/** A signal about Contoso. */
export const aSignal = (with_: Partial<Signal> & { readonly cause?: string } = {}): Signal => {
  const { cause = 'event-1', ...rest } = with_;
  const rule = rest.rule ?? { id: 'gpu-by-new-caller', version: '1', title: 'GPU machine by a caller never seen' };
  return {
    v: 1,
    id: signalId(rule.id, cause),
    party,
    subject: 'compromise',
    rule,
    points: 45,
    occurredAt: '2026-11-24T10:00:00.000Z',
    detectedAt: '2026-11-24T10:10:00.000Z',
    observed: 'Standard_NC24ads created by a caller never seen here',
    normal: '3 callers in 90 days',
    evidence: [],
    shadow: false,
    ...rest,
  };
};

/** The default policy in mode `approve`. */
export const aPolicy = (with_: Record<string, unknown> = {}): LoadedPolicy => ({
  ...Policy.parse({
    v: 1,
    partner: {
      tenantId: '0b4d3a56-0000-4000-8000-000000000000',
      name: 'Contoso Cloud',
      timeZone: 'Europe/Athens',
      currency: 'EUR',
    },
    mode: 'approve',
    ...with_,
  }),
  hash: 'sha256:0000000000000000',
});
