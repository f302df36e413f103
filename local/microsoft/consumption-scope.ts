import { z } from 'zod';

/** What a Consumption call is about: one Azure subscription, or one customer of the partner's billing account. */
export type ConsumptionScope =
  | { readonly kind: 'subscription'; readonly path: string; readonly subscriptionId: string }
  | {
      readonly kind: 'customer';
      readonly path: string;
      readonly billingAccountId: string;
      readonly customerTenantId: string;
    };

/**
 * One day's use of one meter by one resource, from which both wire forms are made. A generated partner has one currency:
 * the forms show a rate of 1 and the same cost in every column.
 */
export interface UsageFact {
  readonly subscriptionId: string;
  readonly subscriptionName: string;
  /** `YYYY-MM-DD`. */
  readonly day: string;
  /** When the API starts to show it, ISO 8601: 8 to 24 h after the use. */
  readonly visibleAt: string;
  readonly resourceId: string;
  /** As the API writes it, e.g. `USEast`. */
  readonly location: string;
  /** Resource provider, e.g. `Microsoft.Compute`. */
  readonly service: string;
  readonly meterId: string;
  readonly product: string;
  readonly quantity: number;
  readonly unitPrice: number;
  readonly cost: number;
  /** ISO 4217. */
  readonly currency: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** JSON in a string: VM size in `ServiceType`, `VCPUs`. Shown only with `$expand`. */
  readonly additionalInfo?: string;
}

/** Where the stand-in takes usage details and a budget's current spend from. */
export interface UsageSource {
  /** The facts of a scope in a lasting order. */
  facts(scope: ConsumptionScope): Iterable<UsageFact>;
}

const subscriptionPath = /^\/?subscriptions\/([^/]+)$/i;
const customerPath = /^\/?providers\/Microsoft\.Billing\/billingAccounts\/([^/]+)\/customers\/([^/]+)$/i;

/** The scope in front of `/providers/Microsoft.Consumption/…`; undefined when it is not served. */
export function readScope(path: string): ConsumptionScope | undefined {
  const subscription = subscriptionPath.exec(path)?.[1];
  if (subscription !== undefined) return { kind: 'subscription', path, subscriptionId: subscription.toLowerCase() };
  const [, account, customer] = customerPath.exec(path) ?? [];
  if (account === undefined || customer === undefined) return undefined;
  const billingAccountId = decodeURIComponent(account);
  return { kind: 'customer', path, billingAccountId, customerTenantId: customer.toLowerCase() };
}

/** Error body of Microsoft.Consumption: the code is the status, as text. */
export const consumptionError = (status: number, message: string) => ({
  status,
  body: { error: { code: String(status), message } },
});

/** The api-versions whose wire form is served. */
export const ConsumptionVersion = z.enum(['2021-10-01']);
