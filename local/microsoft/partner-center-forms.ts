import type { WorldCustomer, WorldPlan } from '../world.ts';
import type { EntitlementStatus } from './entitlements.ts';

/** Offer of every Azure plan. */
export const azurePlanOffer = 'DZH318Z0BPS6:0001:DZH318Z0BML6';

const link = (uri: string, headers: readonly { readonly key: string; readonly value: string }[] = []) => ({
  uri,
  method: 'GET',
  headers,
});

/** A page of a collection; `totalCount` counts its items. */
export const collectionForm = (
  items: readonly object[],
  links?: { readonly self: string; readonly next?: { readonly uri: string; readonly continuationToken: string } },
) => ({
  totalCount: items.length,
  items,
  ...(links === undefined
    ? {}
    : {
        links: {
          self: link(links.self),
          ...(links.next === undefined
            ? {}
            : { next: link(links.next.uri, [{ key: 'MS-ContinuationToken', value: links.next.continuationToken }]) }),
        },
      }),
  attributes: { objectType: 'Collection' },
});

/** An element of `GET /v1/customers`. */
export const customerForm = (customer: WorldCustomer) => ({
  id: customer.tenantId,
  companyProfile: {
    tenantId: customer.tenantId,
    domain: customer.domain,
    companyName: customer.companyName,
    attributes: { objectType: 'CustomerCompanyProfile' },
  },
  relationshipToPartner: 'reseller',
  attributes: { objectType: 'Customer' },
});

/** `GET /v1/customers/{id}`: the list's members and the billing profile. */
export const customerDetailForm = (customer: WorldCustomer) => ({
  ...customerForm(customer),
  billingProfile: {
    companyName: customer.companyName,
    culture: 'en-US',
    language: 'en',
    attributes: { objectType: 'CustomerBillingProfile' },
  },
});

/** An Azure plan as `GET /v1/customers/{id}/subscriptions` shows it: its id is the plan's, not the Azure subscription's. */
export function subscriptionForm(customer: WorldCustomer, plan: WorldPlan) {
  const [product = '', sku = '', availability = ''] = azurePlanOffer.split(':');
  return {
    id: plan.planId,
    offerId: azurePlanOffer,
    offerName: 'Azure plan',
    friendlyName: 'Azure plan',
    productType: { id: 'Azure', displayName: 'Azure' },
    quantity: 1,
    unitType: 'Usage-based',
    hasPurchasableAddons: false,
    creationDate: '2024-01-15T09:00:00.0000000Z',
    effectiveStartDate: '2024-01-15T00:00:00Z',
    commitmentEndDate: '9999-12-31T00:00:00Z',
    cancellationAllowedUntilDate: '9999-12-31T00:00:00Z',
    status: 'active',
    autoRenewEnabled: false,
    isTrial: false,
    billingType: 'usage',
    billingCycle: 'monthly',
    termDuration: '',
    renewalTermDuration: '',
    isMicrosoftProduct: true,
    partnerId: '',
    attentionNeeded: false,
    actionTaken: false,
    contractType: 'subscription',
    links: {
      product: link(`/products/${product}?country=US`),
      sku: link(`/products/${product}/skus/${sku}?country=US`),
      availability: link(`/products/${product}/skus/${sku}/availabilities/${availability}?country=US`),
      self: link(`/customers/${customer.tenantId}/subscriptions/${plan.planId}`),
    },
    publisherName: 'Microsoft',
    orderId: plan.planId.slice(0, 8),
    attributes: { objectType: 'Subscription' },
  };
}

/** An element of the entitlements list; `subscriptionId` is the plan's id. */
export const entitlementForm = (
  plan: WorldPlan,
  entitlement: { readonly id: string; readonly friendlyName: string },
  status: EntitlementStatus,
) => ({ id: entitlement.id, friendlyName: entitlement.friendlyName, status, subscriptionId: plan.planId });

/** One entitlement by itself, and the answer to a cancel. */
export const entitlementDetailForm = (
  customer: WorldCustomer,
  plan: WorldPlan,
  entitlement: { readonly id: string; readonly friendlyName: string },
  status: EntitlementStatus,
) => ({
  ...entitlementForm(plan, entitlement, status),
  links: {
    self: link(`/customers/${customer.tenantId}/subscriptions/${plan.planId}/azureEntitlements/${entitlement.id}`),
  },
});
