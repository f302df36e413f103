import { decimalText } from '../../shared/core/money.ts';
import { earnedCreditRate } from './cost-lines.ts';
import { type Column, empty } from './csv.ts';
import { dayMs } from './daily-life.ts';
import { type ExportLine, machineDetails, regionName, resourceIdOf } from './export-line.ts';

const always = (text: string) => () => text;

/** `11/24/2026`, as files of Microsoft's agreements write days. */
const americanDay = (instant: number): string => {
  const [year, month, day] = new Date(instant).toISOString().slice(0, 10).split('-');
  return `${month}/${day}/${year}`;
};

/**
 * The 70 columns of `ActualCost` at a customer's scope (learn.microsoft.com, "Microsoft Partner Agreement cost and usage
 * details file schema", version 2023-12-01-preview), in their order and spelling.
 */
export const actualCostColumns: readonly Column<ExportLine>[] = [
  ...empty<ExportLine>('invoiceId', 'previousInvoiceId'),
  ['billingAccountId', ({ billing }) => billing.accountId],
  ['billingAccountName', ({ partner }) => partner.name],
  ['billingProfileId', ({ billing }) => billing.profileId],
  ['billingProfileName', ({ partner }) => partner.name],
  ...empty<ExportLine>('invoiceSectionId', 'invoiceSectionName'),
  ['partnerTenantId', ({ partner }) => partner.tenantId],
  ['partnerName', ({ partner }) => partner.name],
  ...empty<ExportLine>('resellerName', 'resellerMpnId'),
  ['customerTenantId', ({ estate }) => estate.customer.tenantId],
  ['customerName', ({ estate }) => estate.customer.companyName],
  ['costCenter', always('')],
  ['billingPeriodEndDate', ({ monthEnd }) => americanDay(monthEnd - dayMs)],
  ['billingPeriodStartDate', ({ month }) => americanDay(month)],
  ['servicePeriodEndDate', ({ monthEnd }) => americanDay(monthEnd - dayMs)],
  ['servicePeriodStartDate', ({ month }) => americanDay(month)],
  ['date', ({ day }) => americanDay(day)],
  ['serviceFamily', ({ resource }) => resource.meter.family],
  ['productOrderId', ({ estate }) => estate.customer.plans[0]?.planId ?? ''],
  ['productOrderName', always('Azure plan')],
  ['consumedService', ({ resource }) => resource.meter.consumedService],
  ['meterId', ({ resource }) => resource.meter.id],
  ['meterName', ({ resource }) => resource.meter.name],
  ['meterCategory', ({ resource }) => resource.meter.category],
  ['meterSubCategory', ({ resource }) => resource.meter.subcategory],
  ['meterRegion', ({ resource }) => regionName(resource.region)],
  ['ProductId', always('')],
  [
    'ProductName',
    ({ resource: { meter, region } }) =>
      `${meter.category} ${meter.subcategory} - ${meter.name} - ${regionName(region)}`,
  ],
  ['SubscriptionId', ({ resource }) => resource.subscription.id],
  ['subscriptionName', ({ resource }) => resource.subscription.name],
  ['publisherType', always('Microsoft')],
  ['publisherId', always('')],
  ['publisherName', always('Microsoft')],
  ['resourceGroupName', ({ resource }) => resource.group],
  ['ResourceId', resourceIdOf],
  ['resourceLocation', ({ resource }) => resource.region],
  ['location', ({ resource }) => regionName(resource.region)],
  ['effectivePrice', ({ price }) => decimalText(price)],
  ['quantity', ({ quantity }) => decimalText(quantity)],
  ['unitOfMeasure', ({ resource }) => resource.meter.unit],
  ['chargeType', always('Usage')],
  ['billingCurrency', ({ estate }) => estate.currency],
  ['pricingCurrency', always('USD')],
  ['costInBillingCurrency', ({ cost }) => decimalText(cost)],
  ['costInPricingCurrency', ({ costUsd }) => decimalText(costUsd)],
  ['costInUsd', ({ costUsd }) => decimalText(costUsd)],
  [
    'paygCostInBillingCurrency',
    ({ listCostUsd, rate }) =>
      decimalText({ units: listCostUsd.units * rate.units, scale: listCostUsd.scale + rate.scale }),
  ],
  ['paygCostInUsd', ({ listCostUsd }) => decimalText(listCostUsd)],
  ['exchangeRatePricingToBilling', ({ rate }) => decimalText(rate)],
  ['exchangeRateDate', ({ month }) => americanDay(month)],
  ['isAzureCreditEligible', always('True')],
  ...empty<ExportLine>('serviceInfo1', 'serviceInfo2'),
  ['additionalInfo', machineDetails],
  ['tags', always('')],
  ['partnerEarnedCreditRate', always(earnedCreditRate)],
  ['partnerEarnedCreditApplied', always('1')],
  ['PayGPrice', ({ listPrice }) => decimalText(listPrice)],
  ['frequency', always('UsageBased')],
  ...empty<ExportLine>('term', 'reservationId', 'reservationName'),
  ['PricingModel', always('On Demand')],
  ['unitPrice', ({ listPrice }) => decimalText(listPrice)],
  ...empty<ExportLine>('benefitId', 'benefitName'),
  ['provider', always('Azure')],
];
