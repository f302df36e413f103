import { z } from 'zod';
import { ArmRefused, type ArmSettings, type ArmWire, armScope, armWire, failureOf } from './arm-wire.ts';
import { readUsageLine, type UsageLine } from './usage-row.ts';
import { parseWithNumberText } from './wire-json.ts';

/** What a budget or usage is of. */
export type ConsumptionScope =
  | { readonly kind: 'subscription'; readonly subscriptionId: string }
  | { readonly kind: 'customer'; readonly billingAccountId: string; readonly customerId: string };

/** When a budget tells whom. Azure allows at most five of them. */
export interface BudgetNotification {
  readonly name: string;
  /** Per cent of the amount, 0 to 1000; told when it is passed. */
  readonly threshold: number;
  readonly of: 'Actual' | 'Forecasted';
  readonly contactEmails: readonly string[];
}

export interface BudgetWish {
  /** In the currency of the scope. Azure keeps it as a floating-point number. */
  readonly amount: string;
  /** First day of a month, `YYYY-MM-01`. */
  readonly startDate: string;
  readonly notifications: readonly BudgetNotification[];
}

export interface Budget extends BudgetWish {
  readonly name: string;
  /** Goes back with the next change. */
  readonly eTag: string;
  readonly timeGrain: string;
  /** As Azure last counted it: 8 to 24 hours behind. */
  readonly currentSpend: { readonly amount: string; readonly currency: string } | undefined;
}

export interface Consumption {
  /** Usage of the days `from` to `to` (`YYYY-MM-DD`, both included): pay-as-you-go subscriptions only. */
  usageOfSubscription(subscriptionId: string, from: string, to: string): AsyncIterable<UsageLine>;
  /** The current billing month of a customer; this API takes no window there. */
  usageOfCustomer(billingAccountId: string, customerId: string): AsyncIterable<UsageLine>;
  budgets(scope: ConsumptionScope): AsyncIterable<Budget>;
  readBudget(scope: ConsumptionScope, name: string): Promise<Budget | undefined>;
  /** Creates it (without `eTag`) or changes the one that was read. A monthly cost budget; it never stops spending. */
  setBudget(
    scope: ConsumptionScope,
    name: string,
    wish: BudgetWish,
    eTag?: string,
  ): Promise<{ readonly kind: 'stored'; readonly budget: Budget } | { readonly kind: 'changed-meanwhile' }>;
}

const Day = z.iso.date();

/**
 * Usage details and budgets by `@azure/arm-consumption` (2021-10-01). The SDK pages and signs; amounts are taken from the
 * wire, where they still have all their digits. A 204 is an empty list. Throttling has headers of its own, which
 * `KnownLater` carries on. Failures as of `armWire`; Microsoft tells EA and MCA customers to use exports instead.
 */
export function createConsumption(settings: ArmSettings): Consumption {
  return {
    usageOfSubscription: (subscriptionId, from, to) => {
      const window = `properties/usageStart ge '${Day.parse(from)}' and properties/usageEnd le '${Day.parse(to)}'`;
      return usage(settings, { kind: 'subscription', subscriptionId }, window);
    },
    usageOfCustomer: (billingAccountId, customerId) =>
      usage(settings, { kind: 'customer', billingAccountId, customerId }, undefined),
    budgets: (scope) => listBudgets(settings, scope),
    readBudget: (scope, name) => readBudget(settings, scope, name),
    setBudget: (scope, name, wish, eTag) => setBudget(settings, scope, name, wish, eTag),
  };
}

/** Without a slash in front, as the SDK's samples write it. */
const scopePath = (scope: ConsumptionScope): string =>
  scope.kind === 'subscription'
    ? `subscriptions/${scope.subscriptionId}`
    : `providers/Microsoft.Billing/billingAccounts/${scope.billingAccountId}/customers/${scope.customerId}`;

async function connect(settings: ArmSettings, scope: ConsumptionScope) {
  const { ConsumptionManagementClient } = await import('@azure/arm-consumption');
  const wire = armWire(settings);
  const subscriptionId = scope.kind === 'subscription' ? scope.subscriptionId : '';
  const options = { ...wire.options, credentialScopes: armScope };
  const client = new ConsumptionManagementClient(settings.credential, subscriptionId, options);
  wire.prepare(client.pipeline);
  return { client, wire };
}

const Page = z.object({ value: z.array(z.unknown()).default([]) });

const elementsOf = (wire: ArmWire): readonly unknown[] => Page.parse(parseWithNumberText(wire.lastBody())).value;

async function* usage(settings: ArmSettings, scope: ConsumptionScope, filter: string | undefined) {
  const { client, wire } = await connect(settings, scope);
  const options = { expand: 'properties/additionalInfo', ...(filter === undefined ? {} : { filter }) };
  try {
    for await (const _ of client.usageDetails.list(scopePath(scope), options).byPage()) {
      for (const element of elementsOf(wire)) yield readUsageLine(element);
    }
  } catch (error) {
    if (!isNoContent(error)) throw failureOf(error);
  }
}

/** The SDK takes a 204, which stands for an empty list, for an error. */
const isNoContent = (error: unknown): boolean =>
  error instanceof Error && 'statusCode' in error && error.statusCode === 204;

async function* listBudgets(settings: ArmSettings, scope: ConsumptionScope): AsyncIterable<Budget> {
  const { client, wire } = await connect(settings, scope);
  try {
    for await (const _ of client.budgets.list(scopePath(scope)).byPage()) yield* elementsOf(wire).map(budgetOf);
  } catch (error) {
    throw failureOf(error);
  }
}

async function readBudget(settings: ArmSettings, scope: ConsumptionScope, name: string): Promise<Budget | undefined> {
  const { client, wire } = await connect(settings, scope);
  try {
    await client.budgets.get(scopePath(scope), name);
    return budgetOf(parseWithNumberText(wire.lastBody()));
  } catch (error) {
    if (error instanceof ArmRefused && error.status === 404) return undefined;
    throw failureOf(error);
  }
}

async function setBudget(
  settings: ArmSettings,
  scope: ConsumptionScope,
  name: string,
  wish: BudgetWish,
  eTag: string | undefined,
) {
  const { client, wire } = await connect(settings, scope);
  const notifications = wish.notifications.map(({ name: key, threshold, of: thresholdType, contactEmails }) => {
    return [
      key,
      { enabled: true, operator: 'GreaterThan', threshold, thresholdType, contactEmails: [...contactEmails] },
    ];
  });
  try {
    await client.budgets.createOrUpdate(scopePath(scope), name, {
      category: 'Cost',
      amount: Number(wish.amount),
      timeGrain: 'Monthly',
      timePeriod: { startDate: new Date(`${Day.parse(wish.startDate)}T00:00:00Z`) },
      notifications: Object.fromEntries(notifications),
      ...(eTag === undefined ? {} : { eTag }),
    });
    return { kind: 'stored', budget: budgetOf(parseWithNumberText(wire.lastBody())) } as const;
  } catch (error) {
    const stale = error instanceof ArmRefused && (error.status === 409 || error.status === 412);
    if (stale) return { kind: 'changed-meanwhile' } as const;
    throw failureOf(error);
  }
}

/** Numbers arrive as text (`parseWithNumberText`). */
const BudgetForm = z.object({
  name: z.string(),
  eTag: z.string().default(''),
  properties: z.object({
    amount: z.string(),
    timeGrain: z.string(),
    timePeriod: z.object({ startDate: z.string() }),
    currentSpend: z.object({ amount: z.string(), unit: z.string() }).nullish(),
    notifications: z
      .record(
        z.string(),
        z.object({
          threshold: z.string().transform(Number),
          thresholdType: z.enum(['Actual', 'Forecasted']).default('Actual'),
          contactEmails: z.array(z.string()).default([]),
        }),
      )
      .nullish(),
  }),
});

function budgetOf(element: unknown): Budget {
  const { name, eTag, properties } = BudgetForm.parse(element);
  const { currentSpend } = properties;
  return {
    name,
    eTag,
    amount: properties.amount,
    timeGrain: properties.timeGrain,
    startDate: properties.timePeriod.startDate.slice(0, 10),
    currentSpend: currentSpend == null ? undefined : { amount: currentSpend.amount, currency: currentSpend.unit },
    notifications: Object.entries(properties.notifications ?? {}).map(([key, each]) => ({
      name: key,
      threshold: each.threshold,
      of: each.thresholdType,
      contactEmails: each.contactEmails,
    })),
  };
}
