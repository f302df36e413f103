import { decimalText } from '../../shared/core/money.ts';
import { earnedCreditRate } from './cost-lines.ts';
import { type Column, empty } from './csv.ts';
import { dayMs } from './daily-life.ts';
import {
  billingAccountPath,
  type ExportLine,
  isoSeconds,
  machineDetails,
  regionName,
  resourceIdOf,
} from './export-line.ts';

const always = (text: string) => () => text;

/**
 * The 96 columns of `FocusCost`, data version 1.0r2, at a customer's scope (FinOps Open Cost and Usage Specification 1.0
 * with Microsoft's own `x_` columns). End dates are exclusive. What a partner's rows leave empty is empty.
 */
export const focusColumns: readonly Column<ExportLine>[] = [
  ['BilledCost', ({ cost }) => decimalText(cost)],
  ['BillingAccountId', ({ billing }) => `${billingAccountPath(billing)}/billingProfiles/${billing.profileId}`],
  ['BillingAccountName', ({ partner }) => partner.name],
  ['BillingAccountType', always('Billing Profile')],
  ['BillingCurrency', ({ estate }) => estate.currency],
  ['BillingPeriodEnd', ({ monthEnd }) => isoSeconds(monthEnd)],
  ['BillingPeriodStart', ({ month }) => isoSeconds(month)],
  ['ChargeCategory', always('Usage')],
  ['ChargeClass', always('')],
  [
    'ChargeDescription',
    ({ resource: { meter, region } }) =>
      `${meter.category} ${meter.subcategory} - ${meter.name} - ${regionName(region)}`,
  ],
  ['ChargeFrequency', always('Usage-Based')],
  ['ChargePeriodEnd', ({ day }) => isoSeconds(day + dayMs)],
  ['ChargePeriodStart', ({ day }) => isoSeconds(day)],
  ...empty<ExportLine>(
    'CommitmentDiscountCategory',
    'CommitmentDiscountId',
    'CommitmentDiscountName',
    'CommitmentDiscountStatus',
    'CommitmentDiscountType',
  ),
  ['ConsumedQuantity', ({ quantity }) => decimalText(quantity)],
  ['ConsumedUnit', ({ resource }) => focusUnit(resource.meter.unit)],
  ['ContractedCost', ({ cost }) => decimalText(cost)],
  ['ContractedUnitPrice', ({ price }) => decimalText(price)],
  ['EffectiveCost', ({ cost }) => decimalText(cost)],
  ['InvoiceIssuerName', ({ partner }) => partner.name],
  [
    'ListCost',
    ({ listCostUsd, rate }) =>
      decimalText({ units: listCostUsd.units * rate.units, scale: listCostUsd.scale + rate.scale }),
  ],
  ['ListUnitPrice', ({ listPrice }) => decimalText(listPrice)],
  ['PricingCategory', always('Standard')],
  ['PricingQuantity', ({ quantity }) => decimalText(quantity)],
  ['PricingUnit', ({ resource }) => focusUnit(resource.meter.unit)],
  ['ProviderName', always('Microsoft')],
  ['PublisherName', always('Microsoft')],
  ['RegionId', ({ resource }) => resource.region],
  ['RegionName', ({ resource }) => regionName(resource.region)],
  ['ResourceId', resourceIdOf],
  ['ResourceName', ({ resource }) => resource.name],
  ['ResourceType', ({ resource }) => resource.meter.resourceTypeName],
  ['ServiceCategory', ({ resource }) => resource.meter.serviceCategory],
  ['ServiceName', ({ resource }) => resource.meter.serviceName],
  ...empty<ExportLine>('SkuId', 'SkuPriceId'),
  ['SubAccountId', ({ resource }) => `/subscriptions/${resource.subscription.id}`],
  ['SubAccountName', ({ resource }) => resource.subscription.name],
  ['SubAccountType', always('Subscription')],
  ['Tags', always('{}')],
  ...empty<ExportLine>('x_AccountId', 'x_AccountName', 'x_AccountOwnerId'),
  ['x_BilledCostInUsd', ({ costUsd }) => decimalText(costUsd)],
  ['x_BilledUnitPrice', ({ price }) => decimalText(price)],
  ['x_BillingAccountId', ({ billing }) => billing.accountId],
  ['x_BillingAccountName', ({ partner }) => partner.name],
  ['x_BillingExchangeRate', ({ rate }) => decimalText(rate)],
  ['x_BillingExchangeRateDate', ({ month }) => isoSeconds(month)],
  ['x_BillingProfileId', ({ billing }) => billing.profileId],
  ['x_BillingProfileName', ({ partner }) => partner.name],
  ['x_ContractedCostInUsd', ({ costUsd }) => decimalText(costUsd)],
  ...empty<ExportLine>('x_CostAllocationRuleName', 'x_CostCenter'),
  ['x_CustomerId', ({ estate }) => estate.customer.tenantId],
  ['x_CustomerName', ({ estate }) => estate.customer.companyName],
  ['x_EffectiveCostInUsd', ({ costUsd }) => decimalText(costUsd)],
  ['x_EffectiveUnitPrice', ({ price }) => decimalText(price)],
  ['x_InvoiceId', always('')],
  ['x_InvoiceIssuerId', ({ partner }) => partner.tenantId],
  ...empty<ExportLine>('x_InvoiceSectionId', 'x_InvoiceSectionName'),
  ['x_ListCostInUsd', ({ listCostUsd }) => decimalText(listCostUsd)],
  ['x_PartnerCreditApplied', always('1')],
  ['x_PartnerCreditRate', always(earnedCreditRate)],
  ['x_PricingBlockSize', always('1')],
  ['x_PricingCurrency', always('USD')],
  ['x_PricingSubcategory', always('Standard')],
  ['x_PricingUnitDescription', ({ resource }) => resource.meter.unit],
  ['x_PublisherCategory', always('Cloud Provider')],
  ...empty<ExportLine>('x_PublisherId', 'x_ResellerId', 'x_ResellerName'),
  ['x_ResourceGroupName', ({ resource }) => resource.group],
  ['x_ResourceType', ({ resource }) => resource.meter.resourceType],
  ['x_ServicePeriodEnd', ({ monthEnd }) => isoSeconds(monthEnd)],
  ['x_ServicePeriodStart', ({ month }) => isoSeconds(month)],
  ['x_SkuDescription', ({ resource: { meter } }) => `${meter.category} ${meter.subcategory} - ${meter.name}`],
  ['x_SkuDetails', machineDetails],
  ['x_SkuIsCreditEligible', always('true')],
  ['x_SkuMeterCategory', ({ resource }) => resource.meter.category],
  ['x_SkuMeterId', ({ resource }) => resource.meter.id],
  ['x_SkuMeterName', ({ resource }) => resource.meter.name],
  ['x_SkuMeterSubcategory', ({ resource }) => resource.meter.subcategory],
  ...empty<ExportLine>('x_SkuOfferId', 'x_SkuOrderId'),
  ['x_SkuOrderName', always('Azure plan')],
  ['x_SkuPartNumber', always('')],
  ['x_SkuRegion', ({ resource }) => regionName(resource.region)],
  ['x_SkuServiceFamily', ({ resource }) => resource.meter.family],
  ...empty<ExportLine>('x_SkuTerm', 'x_SkuTier'),
];

/** FOCUS counts hours and gigabytes, not blocks of them. */
function focusUnit(unit: string): string {
  if (unit === '1 Hour') return 'Hours';
  return unit.replace(/^1 /, '');
}
