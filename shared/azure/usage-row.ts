import { z } from 'zod';
import { decimalText, parseDecimal } from '../core/money.ts';

/** One line of usage details: one resource, meter and day. Amounts are canonical decimal text with every digit of the wire. */
export interface UsageRow {
  /** Id of the line in its source. */
  readonly id: string;
  /** `legacy`: a subscription of its own account; `modern`: Azure plan and other Microsoft Customer Agreement accounts. */
  readonly form: 'legacy' | 'modern';
  readonly subscriptionId: string;
  readonly subscriptionName: string;
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  /** Lower case; empty for purchases without a resource. */
  readonly resourceId: string;
  readonly resourceGroup: string;
  readonly location: string;
  /** Resource provider, e.g. `Microsoft.Compute`. */
  readonly service: string;
  readonly meterId: string;
  readonly product: string;
  readonly chargeType: string;
  readonly quantity: string;
  /** In the billing currency. */
  readonly cost: string;
  /** ISO 4217. */
  readonly currency: string;
  /** Only of a customer scope. */
  readonly customerTenantId: string | undefined;
  /** JSON in a string, as it came: VM size in `ServiceType`, `VCPUs`. */
  readonly additionalInfo: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** A line that was read, or one that could not be: nothing is lost silently. */
export type UsageLine =
  | { readonly kind: 'row'; readonly row: UsageRow }
  | { readonly kind: 'refused'; readonly id: string; readonly reason: string };

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}/)
  .transform((value) => value.slice(0, 10));
const amount = z.string().transform((value, context) => {
  const decimal = parseDecimal(value);
  if (decimal !== undefined) return decimalText(decimal);
  context.addIssue({ code: 'custom', message: `is no number: ${value.slice(0, 40)}` });
  return z.NEVER;
});
const common = {
  subscriptionName: text,
  date: day,
  resourceGroup: text,
  resourceLocation: text,
  consumedService: text,
  meterId: text,
  product: text,
  chargeType: text,
  quantity: amount,
  additionalInfo: z.string().nullish(),
};
const outer = { id: z.string(), tags: z.record(z.string(), z.string()).nullish() };

/** Numbers arrive as text (`parseWithNumberText`). Members as of api-version 2021-10-01. */
const Item = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('legacy'),
    ...outer,
    properties: z.object({
      ...common,
      subscriptionId: z.string(),
      resourceId: text,
      cost: amount,
      billingCurrency: z.string(),
    }),
  }),
  z.object({
    kind: z.literal('modern'),
    ...outer,
    properties: z.object({
      ...common,
      subscriptionGuid: z.string(),
      instanceName: text,
      costInBillingCurrency: amount,
      billingCurrencyCode: z.string(),
      customerTenantId: z.string().nullish(),
    }),
  }),
]);
type Item = z.output<typeof Item>;

const Named = z.object({ id: z.string() });

/** Reads one element of `value[]` in either wire form. */
export function readUsageLine(element: unknown): UsageLine {
  const item = Item.safeParse(element);
  if (item.success) return { kind: 'row', row: rowOf(item.data) };
  const named = Named.safeParse(element);
  return { kind: 'refused', id: named.success ? named.data.id : '', reason: z.prettifyError(item.error) };
}

function rowOf(item: Item): UsageRow {
  const { properties } = item;
  return {
    id: item.id,
    form: item.kind,
    ...(item.kind === 'legacy' ? legacyMembers(item) : modernMembers(item)),
    subscriptionName: properties.subscriptionName,
    day: properties.date,
    resourceGroup: properties.resourceGroup,
    location: properties.resourceLocation,
    service: properties.consumedService,
    meterId: properties.meterId,
    product: properties.product,
    chargeType: properties.chargeType,
    quantity: properties.quantity,
    additionalInfo: properties.additionalInfo ?? undefined,
    tags: item.tags ?? {},
  };
}

const legacyMembers = ({ properties }: Extract<Item, { kind: 'legacy' }>) => ({
  subscriptionId: properties.subscriptionId.toLowerCase(),
  resourceId: properties.resourceId.toLowerCase(),
  cost: properties.cost,
  currency: properties.billingCurrency,
  customerTenantId: undefined,
});

const modernMembers = ({ properties }: Extract<Item, { kind: 'modern' }>) => ({
  subscriptionId: properties.subscriptionGuid.toLowerCase(),
  resourceId: properties.instanceName.toLowerCase(),
  cost: properties.costInBillingCurrency,
  currency: properties.billingCurrencyCode,
  customerTenantId: properties.customerTenantId?.toLowerCase(),
});
