import type { WorldCustomer, WorldPartner } from '../world.ts';
import type { ConsumptionScope, UsageFact } from './consumption-scope.ts';

export interface Expand {
  readonly additionalInfo: boolean;
}

/** Whose usage it is, and through whom. */
export interface Parties {
  readonly customer: WorldCustomer | undefined;
  readonly partner: WorldPartner;
}

const type = 'Microsoft.Consumption/usageDetails';
const midnight = (day: string) => `${day}T00:00:00.0000000Z`;
const resourceGroupOf = (resourceId: string) => /\/resourceGroups\/([^/]+)/i.exec(resourceId)?.[1] ?? '';

/** The billing period of a day: the calendar month, its last day included. */
function billingPeriod(day: string): { readonly start: string; readonly end: string; readonly name: string } {
  const [year = '', month = ''] = day.split('-');
  const last = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return { start: `${year}-${month}-01`, end: `${year}-${month}-${last}`, name: `${year}${month}` };
}

/** `kind: legacy`: what a subscription of a pay-as-you-go or enterprise account answers. */
export function legacyForm(fact: UsageFact, position: number, expand: Expand) {
  const period = billingPeriod(fact.day);
  const name = `usageDetails_${fact.day}_${position}`;
  return {
    id: `/subscriptions/${fact.subscriptionId}/providers/Microsoft.Billing/billingPeriods/${period.name}/providers/${type}/${name}`,
    name,
    type,
    kind: 'legacy',
    tags: fact.tags ?? null,
    properties: {
      billingAccountId: '1234567',
      billingAccountName: 'Pay-as-you-go',
      billingPeriodStartDate: midnight(period.start),
      billingPeriodEndDate: midnight(period.end),
      billingProfileId: '1234567',
      billingProfileName: 'Pay-as-you-go',
      accountName: 'Pay-as-you-go',
      subscriptionId: fact.subscriptionId,
      subscriptionName: fact.subscriptionName,
      date: midnight(fact.day),
      product: fact.product,
      partNumber: fact.meterId.slice(0, 8),
      meterId: fact.meterId,
      meterDetails: null,
      quantity: fact.quantity,
      effectivePrice: fact.unitPrice,
      cost: fact.cost,
      unitPrice: fact.unitPrice,
      billingCurrency: fact.currency,
      resourceLocation: fact.location,
      consumedService: fact.service,
      resourceId: fact.resourceId,
      resourceName: fact.resourceId.split('/').at(-1) ?? '',
      invoiceSection: '',
      costCenter: '',
      resourceGroup: resourceGroupOf(fact.resourceId),
      offerId: 'MS-AZR-0003P',
      isAzureCreditEligible: false,
      chargeType: 'Usage',
      ...(expand.additionalInfo ? { additionalInfo: fact.additionalInfo ?? '' } : {}),
    },
  };
}

/** `kind: modern`: what a customer scope of a partner's billing account answers. */
export function modernForm(
  fact: UsageFact,
  position: number,
  expand: Expand,
  scope: ConsumptionScope & { readonly kind: 'customer' },
  parties: Parties,
) {
  const name = `usageDetails_${fact.day}_${position}`;
  return {
    id: `/providers/Microsoft.Billing/BillingAccounts/${scope.billingAccountId}/customers/${scope.customerTenantId}/providers/${type}/${name}`,
    name,
    type,
    kind: 'modern',
    tags: fact.tags ?? null,
    properties: {
      ...modernUse(fact, scope.billingAccountId, expand),
      ...modernPrice(fact),
      ...modernParties(scope.customerTenantId, parties),
    },
  };
}

function modernUse(fact: UsageFact, billingAccountId: string, expand: Expand) {
  const period = billingPeriod(fact.day);
  return {
    billingAccountId,
    billingAccountName: 'Partner billing account',
    billingPeriodStartDate: midnight(period.start),
    billingPeriodEndDate: midnight(period.end),
    billingProfileId: '2468',
    billingProfileName: 'Partner billing profile',
    subscriptionGuid: fact.subscriptionId,
    subscriptionName: fact.subscriptionName,
    date: midnight(fact.day),
    meterId: fact.meterId,
    quantity: fact.quantity,
    unitPrice: fact.unitPrice,
    billingCurrencyCode: fact.currency,
    resourceLocation: fact.location,
    consumedService: fact.service,
    instanceName: fact.resourceId,
    invoiceSectionId: '',
    invoiceSectionName: '',
    costCenter: '',
    resourceGroup: resourceGroupOf(fact.resourceId),
    isAzureCreditEligible: false,
    chargeType: 'Usage',
    ...(expand.additionalInfo ? { additionalInfo: fact.additionalInfo ?? '' } : {}),
    resourceLocationNormalized: fact.location,
    serviceInfo1: '',
    serviceInfo2: '',
    servicePeriodStartDate: `${period.start}T00:00:00Z`,
    servicePeriodEndDate: `${period.end}T00:00:00Z`,
    frequency: 'UsageBased',
    term: '',
    benefitId: '',
    benefitName: '',
    reservationId: '',
    reservationName: '',
  };
}

function modernPrice(fact: UsageFact) {
  return {
    costInBillingCurrency: fact.cost,
    costInPricingCurrency: fact.cost,
    exchangeRate: '1',
    exchangeRateDate: `${billingPeriod(fact.day).start}T00:00:00Z`,
    exchangeRatePricingToBilling: 1,
    pricingCurrencyCode: fact.currency,
    costInUSD: fact.cost,
    paygCostInBillingCurrency: fact.cost,
    paygCostInUSD: fact.cost,
    marketPrice: fact.unitPrice,
    invoiceId: '',
    previousInvoiceId: '',
    partnerEarnedCreditRate: 0,
    partnerEarnedCreditApplied: '0',
  };
}

function modernParties(customerTenantId: string, { customer, partner }: Parties) {
  return {
    product: 'Azure plan usage',
    productIdentifier: 'DZH318Z0BPS6',
    productOrderId: customer?.plans[0]?.planId ?? '',
    productOrderName: 'Azure plan',
    publisherName: 'Microsoft',
    publisherType: 'Microsoft',
    publisherId: '',
    customerTenantId,
    customerName: customer?.companyName ?? '',
    partnerTenantId: partner.tenantId,
    partnerName: partner.name,
    resellerMpnId: '',
    resellerName: '',
  };
}
