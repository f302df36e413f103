import type { GeneratedWorld } from '../incident/generate.ts';
import type { VerificationStandIn } from '../verification/endpoint.ts';

/** The policy that the bundled incident ships: `approve`, with the generated partner's budgets. */
export function incidentPolicy(world: GeneratedWorld, { name, url }: Pick<VerificationStandIn, 'name' | 'url'>) {
  return {
    v: 1,
    partner: { tenantId: world.partner.tenantId, name: world.partner.name, timeZone: 'Europe/Athens', currency: 'EUR' },
    mode: 'approve',
    onboarding: {
      otp: { domain: 'signup.contoso.example', sender: 'Contoso', countries: ['DE'] },
      verification: { providers: [{ name, url, kinds: ['credit', 'registry', 'document', 'phone'] }] },
    },
    usage: {
      budgets: world.story.budgets.map(({ tenantId, subscriptionId, amount, currency }) => ({
        customer: tenantId,
        ...(subscriptionId === undefined ? {} : { subscription: subscriptionId }),
        amount,
        currency,
      })),
    },
  };
}
