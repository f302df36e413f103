import type { UsageFact, UsageSource } from '../../../local/microsoft/consumption-scope.ts';
import { aCustomer, subscriptionOf } from './a-microsoft.ts';

/** One day of one virtual machine; visible at once. */
export function aFact(fact: Partial<UsageFact> = {}): UsageFact {
  const subscriptionId = subscriptionOf(aCustomer());
  return {
    subscriptionId,
    subscriptionName: 'Production',
    day: '2026-11-19',
    visibleAt: '2026-11-20T00:00:00Z',
    resourceId: `/subscriptions/${subscriptionId}/resourceGroups/rg-Web/providers/Microsoft.Compute/virtualMachines/vm1`,
    location: 'EUWest',
    service: 'Microsoft.Compute',
    meterId: '60000000-0000-4000-8000-000000000001',
    product: 'Virtual Machines D4s v5 - EU West',
    quantity: 24,
    unitPrice: 0.192,
    cost: 4.608,
    currency: 'EUR',
    tags: { env: 'production' },
    additionalInfo: '{"ServiceType":"Standard_D4s_v5","VCPUs":4}',
    ...fact,
  };
}

/** The same facts for every scope. */
export const usageOf = (...facts: readonly UsageFact[]): UsageSource => ({ facts: () => facts });
