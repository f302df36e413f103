import type { ServiceState } from './hold.ts';

/** What a person does in the portals when Microsoft refuses or does not show an effect. */
export function portalSteps(want: ServiceState): readonly string[] {
  return want === 'suspended'
    ? [
        'Partner Center → Customers → the customer → Azure subscriptions: choose the subscription and Cancel.',
        'If it is not listed, suspend the Azure plan under Subscriptions.',
        'Then read the subscription’s status again here.',
      ]
    : [
        'Azure portal → Subscriptions → the subscription → Reactivate, signed in as an admin agent with MFA.',
        'If it was cancelled more than 90 days ago its data is gone; open a service request.',
        'Then read the subscription’s status again here.',
      ];
}
