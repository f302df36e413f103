import { CosmosClient } from '@azure/cosmos';
import { masked } from '../communication/message-log.ts';
import { signUpOf } from './applicants.ts';
import { wholePlan } from './report-plan.ts';
import type { Runtime } from './start-runtime.ts';

/** What happened, for machines: the same shape at every run, so that two runs can be compared. */
export interface Report {
  readonly counts: Readonly<Record<string, number>>;
  readonly signals: readonly Record<string, unknown>[];
  readonly cases: readonly Record<string, unknown>[];
  /** Each with its `targets`, what it left out (`leftOut`) and how its targets ended (`results`, by subscription id). */
  readonly plans: readonly Record<string, unknown>[];
  readonly actions: readonly {
    readonly id: string;
    readonly kind: string;
    readonly target: string;
    readonly customerId: string;
    readonly result: string;
    readonly readBack: unknown;
  }[];
  /** Every write that Microsoft's side received, by its own log. */
  readonly outside: readonly {
    readonly at: string;
    readonly method: string;
    readonly url: string;
    readonly body: unknown;
    readonly status: number;
  }[];
  /** Every message that the SMS service received, by its own log; numbers and codes are masked. */
  readonly messages: readonly { readonly at: string; readonly body: string; readonly status: number }[];
  /** Who applied to become a customer, and how that stands. */
  readonly signUps: readonly {
    readonly clientKey: string;
    readonly kind: string;
    readonly id: string;
    readonly status: string;
  }[];
  /** Holds as they stand, and what was last seen of each subscription. */
  readonly holds: readonly { readonly subscription: string; readonly holds: unknown; readonly observed: unknown }[];
  /** Every line of every audit chain, in order. */
  readonly audit: readonly Record<string, unknown>[];
  readonly timings: Readonly<Record<string, number | string | null>>;
}

type Row = Record<string, unknown>;

/** Reads the report from the store, by the same SDK as the product, and from Microsoft's own log of writes. */
export async function readReport(runtime: Runtime, timings: Report['timings']): Promise<Report> {
  const client = new CosmosClient({
    endpoint: runtime.cosmos.url,
    key: runtime.cosmos.key,
    connectionPolicy: { enableEndpointDiscovery: false },
  });
  const all = async (container: string, query: string): Promise<Row[]> => {
    const { resources } = await client.database('surety').container(container).items.query<Row>(query).fetchAll();
    return resources.map(withoutStoreMembers);
  };
  const signals = await all('cases', "SELECT * FROM c WHERE c.kind = 'signal'");
  const cases = await all('cases', "SELECT * FROM c WHERE c.kind = 'case'");
  const inPlans = await all('plans', 'SELECT * FROM c');
  const plans = inPlans.filter((row) => row['kind'] === 'plan').map((plan) => wholePlan(plan, inPlans));
  const subscriptions = await all('subscriptions', "SELECT * FROM c WHERE c.kind = 'subscription'");
  const customers = await all('customers', "SELECT VALUE COUNT(1) FROM c WHERE c.kind = 'customer'");
  const signUps = await all('signups', "SELECT * FROM c WHERE c.kind = 'sign-up'");
  const parked = await all('parked', 'SELECT * FROM c');
  const audit = await all('audit', 'SELECT * FROM c');
  client.dispose();
  const outside = runtime.microsoft
    .writes()
    .map(({ at, method, url, body, status }) => ({ at, method, url, body, status }));
  return {
    counts: {
      customers: Number(customers[0] ?? 0),
      subscriptions: subscriptions.length,
      signals: signals.length,
      signalsInShadow: signals.filter((signal) => signal['shadow'] === true).length,
      cases: cases.filter((one) => one['status'] === 'open').length,
      watched: cases.filter((one) => one['status'] === 'watching').length,
      plans: plans.length,
      signUps: signUps.length,
      outside: outside.length,
      audit: audit.length,
      parked: parked.length,
      deadLetters: runtime.serviceBus.queueStates().reduce((sum, queue) => sum + queue.deadLettered, 0),
      requests: runtime.faults.count,
    },
    signals: sorted(signals),
    cases: sorted(cases),
    plans: sorted(plans),
    actions: subscriptions.flatMap(actionsOf),
    outside,
    messages: runtime.communication
      .writes()
      .map(masked)
      .map(({ at, body, status }) => ({ at, body, status })),
    signUps: runtime.applicants.flatMap((applicant) => {
      const found = signUps.find(({ id }) => id === signUpOf(runtime, applicant));
      if (found === undefined) return [];
      const { clientKey, kind } = applicant;
      return [{ clientKey, kind, id: String(found['id']), status: String(found['status']) }];
    }),
    holds: subscriptions.map((one) => ({
      subscription: String(one['subscriptionId']),
      holds: one['holds'],
      observed: one['observed'] ?? null,
    })),
    audit: audit.toSorted((a, b) => (`${a['chain']} ${a['id']}` < `${b['chain']} ${b['id']}` ? -1 : 1)),
    timings,
  };
}

function actionsOf(subscription: Row): Report['actions'] {
  const attempts = Array.isArray(subscription['attempts']) ? subscription['attempts'] : [];
  return attempts.map((attempt: Row) => ({
    id: String(attempt['id']),
    kind: attempt['want'] === 'suspended' ? 'cancel-entitlement' : 'reactivate-entitlement',
    target: String(subscription['subscriptionId']),
    customerId: String(subscription['party']).replace(/^customer:/, ''),
    result: String(attempt['result'] ?? 'in-flight'),
    readBack: attempt['readBack'] ?? null,
  }));
}

function withoutStoreMembers(row: Row): Row {
  if (typeof row !== 'object') return row;
  return Object.fromEntries(
    Object.entries(row).filter(([key]) => !key.startsWith('_') && key !== 'outbox' && key !== 'pendingSince'),
  );
}

const sorted = (rows: readonly Row[]): Row[] => rows.toSorted((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1));
