import type { Signal } from '../cases/signal.ts';
import { signalMessage } from '../cases/signal-message.ts';
import type { Aggregates } from '../core/aggregate.ts';
import { customerParty, signalId, unknownParty } from '../core/ids.ts';
import type { Customer } from '../customers/customer.ts';
import { noteSubscription } from '../customers/sync-customers.ts';
import type { LoadedPolicy } from '../policy/policy.ts';
import { dayAfter } from './cost-days.ts';
import type { CostFinding } from './cost-finding.ts';
import type { DayTotal, SubscriptionCost } from './cost-tally.ts';
import { type CostMonth, type CostMonthRun, costMonthId, decideCostMonth } from './cost-totals.ts';
import { type CustomerSpend, decideCustomerSpend } from './customer-spend.ts';
import type { CostSource, RunRef } from './export-run.ts';

/** What is stored of a feed's month. */
export interface CostShelf {
  /** Subscriptions that an earlier run of this feed and month named. Cross-partition. */
  inMonth(
    feed: string,
    month: string,
  ): Promise<
    readonly { readonly subscriptionId: string; readonly currency: string | null; readonly customer: string | null }[]
  >;
  /** Every feed's figures of a subscription's month. */
  ofSubscription(subscriptionId: string, month: string): Promise<readonly CostMonth[]>;
}

export interface CostRunPorts {
  readonly aggregates: Aggregates;
  readonly policy: LoadedPolicy;
  readonly source: CostSource;
  readonly shelf: CostShelf;
  readonly now: () => Date;
}

/** Figures of a month that ended longer ago than this are history: kept, never news. */
const newsDaysAfterMonth = 5;
/** Months before, for the spike detector's season. */
const historyMonths = 2;

/**
 * Takes one export run in: for each subscription the month is replaced whole; what a complete run no longer names goes to
 * zero. A run that cannot be trusted changes no figure and is told as a signal that names file, line and field.
 */
export async function takeInCostRun(ports: CostRunPorts, run: RunRef): Promise<void> {
  const read = await ports.source.read(run);
  if (read.refused.length > 0) await tellRefusals(ports, run, read.refused);
  if (read.kind === 'refused') return;
  const parties = new Map<string, Set<string>>();
  const note = (party: string | undefined, subscriptionId: string) => {
    if (party !== undefined) parties.set(party, (parties.get(party) ?? new Set()).add(subscriptionId));
  };
  for (const cost of read.subscriptions) {
    note(await takeInMonth(ports, asRun(run, cost, read.complete)), subscriptionOf(cost));
  }
  if (read.complete) {
    const named = new Set(read.subscriptions.map((cost) => key(subscriptionOf(cost), cost.currency)));
    for (const { subscriptionId, currency, customer } of await ports.shelf.inMonth(run.feed, run.month)) {
      if (named.has(key(subscriptionId, currency))) continue;
      const gone = { ...run, subscriptionId, currency, customer, days: [], complete: true };
      note(await takeInMonth(ports, gone), subscriptionId);
    }
  }
  for (const [party, named] of parties) await judgeCustomer(ports, party, run, named);
}

const key = (subscriptionId: string, currency: string | null): string => `${subscriptionId} ${currency ?? ''}`;

/** Charges that name no subscription (marketplace purchases) are kept per customer, under a name of their own. */
const subscriptionOf = (cost: Pick<SubscriptionCost, 'id' | 'customer'>): string =>
  cost.id?.toLowerCase() ?? `none-${cost.customer?.toLowerCase() ?? 'unknown'}`;

function asRun({ feed, runId, writtenAt, month }: RunRef, cost: SubscriptionCost, complete: boolean): CostMonthRun {
  const { customer, currency, days } = cost;
  return { feed, runId, writtenAt, month, subscriptionId: subscriptionOf(cost), customer, currency, days, complete };
}

/**
 * Answers the party whose figures these are, also when this run was taken in before: a crash may have come between the
 * figures and the judgement of the customer. Undefined when a later run stands.
 */
async function takeInMonth(ports: CostRunPorts, run: CostMonthRun): Promise<string | undefined> {
  const { aggregates, policy, now } = ports;
  const party = await partyOfRun(ports, run);
  const history = await historyOf(ports, run);
  const budgets = policy.usage.budgets.filter((budget) => budget.subscription?.toLowerCase() === run.subscriptionId);
  const id = costMonthId(run.feed, run.subscriptionId, run.month, run.currency);
  const outcome = await aggregates.act<CostMonth>(
    { container: 'usage', partition: run.subscriptionId, id },
    undefined,
    (state) => {
      const decision = decideCostMonth(state, run, budgets, policy.usage, now(), history);
      if (decision === undefined || 'refused' in decision) return undefined;
      return {
        state: decision.state,
        effects: decision.findings.map((finding) => signalMessage(signalOf(finding, party, run.month, now()))),
      };
    },
  );
  return outcome.state?.runId === run.runId ? party : undefined;
}

async function partyOfRun(ports: CostRunPorts, run: CostMonthRun): Promise<string> {
  if (run.subscriptionId.startsWith('none-'))
    return run.customer === null ? unknownParty(run.subscriptionId) : customerParty(run.customer);
  const noted = await noteSubscription(ports, {
    subscriptionId: run.subscriptionId,
    tenantId: run.customer ?? undefined,
    source: 'cost-export',
  });
  return noted?.party ?? unknownParty(run.subscriptionId);
}

async function historyOf({ aggregates }: CostRunPorts, run: CostMonthRun): Promise<readonly DayTotal[]> {
  const days: DayTotal[] = [];
  let month = run.month;
  for (let back = 0; back < historyMonths; back += 1) {
    month = dayAfter(`${month}-01`, -1).slice(0, 7);
    const id = costMonthId(run.feed, run.subscriptionId, month, run.currency);
    const earlier = await aggregates.read<CostMonth>({ container: 'usage', partition: run.subscriptionId, id });
    days.unshift(...(earlier?.days ?? []));
  }
  return days;
}

/** Holds the customer's budget against the sum of its subscriptions, from the newest feed of each. */
async function judgeCustomer(
  ports: CostRunPorts,
  party: string,
  run: RunRef,
  named: ReadonlySet<string>,
): Promise<void> {
  const { aggregates, policy, now } = ports;
  const budgets = policy.usage.budgets.filter(
    (budget) => budget.subscription === undefined && customerParty(budget.customer) === party,
  );
  if (budgets.length === 0) return;
  const customer = await aggregates.read<Customer>({ container: 'customers', partition: party, id: party });
  // What the run names counts, whether or not the customer's list has it yet.
  const ids = new Set([...(customer?.subscriptions ?? []).map((one) => one.subscriptionId), ...named]);
  const months: CostMonth[] = [];
  for (const subscriptionId of ids) months.push(...(await ports.shelf.ofSubscription(subscriptionId, run.month)));
  const id = `${party}:spend:${run.month}`;
  await aggregates.act<CustomerSpend>({ container: 'customers', partition: party, id }, undefined, (state) => {
    const decision = decideCustomerSpend(state, { id, party, month: run.month, months, run }, budgets, policy.usage);
    if (decision === undefined) return undefined;
    return {
      state: decision.state,
      effects: decision.findings.map((finding) => signalMessage(signalOf(finding, party, run.month, now()))),
    };
  });
}

function signalOf(finding: CostFinding, party: string, month: string, now: Date): Signal {
  const { cause, shadow, ...rest } = finding;
  const monthEnd = dayAfter(`${dayAfter(`${month}-28`, 4).slice(0, 7)}-01`, newsDaysAfterMonth);
  const history = monthEnd < now.toISOString().slice(0, 10);
  return {
    v: 1,
    id: signalId(finding.rule.id, cause),
    party,
    detectedAt: now.toISOString(),
    shadow: shadow || history,
    ...rest,
  };
}

/** A run that could not be read in full is the partner's own problem: a signal that names every place, the first ten. */
async function tellRefusals(
  ports: CostRunPorts,
  run: RunRef,
  refused: readonly { readonly file: string; readonly line: number; readonly reason: string }[],
): Promise<void> {
  const at = ports.now().toISOString();
  const rule = { id: 'usage/run-refused', version: '1', title: 'Cost export could not be read in full' };
  const signal: Signal = {
    v: 1,
    id: signalId(rule.id, `${run.feed} ${run.runId}`),
    party: 'partner',
    subject: 'feed',
    rule,
    points: 30,
    occurredAt: run.writtenAt,
    detectedAt: at,
    asOf: run.writtenAt,
    observed: `${refused.length} place${refused.length === 1 ? '' : 's'} of run ${run.runId} of ${run.feed} could not be read`,
    normal: 'every row of a run is read',
    evidence: refused
      .slice(0, 10)
      .map(({ file, line, reason }) => ({ source: 'cost-export', ref: `${file}:${line}`, text: reason })),
    shadow: false,
  };
  await ports.aggregates.act<RefusedRun>(
    { container: 'sweeps', partition: `refused-${signal.id}`, id: `refused-${signal.id}` },
    undefined,
    (state) =>
      state === undefined
        ? {
            state: {
              id: `refused-${signal.id}`,
              v: 1,
              kind: 'refused-run',
              feed: run.feed,
              runId: run.runId,
              refused: refused.slice(0, 100),
            },
            effects: [signalMessage(signal)],
          }
        : undefined,
  );
}

interface RefusedRun {
  readonly id: string;
  readonly v: number;
  readonly kind: 'refused-run';
  readonly version: number;
  readonly outbox: readonly never[];
  readonly feed: string;
  readonly runId: string;
  readonly refused: readonly { readonly file: string; readonly line: number; readonly reason: string }[];
}
