import type { Signal } from '../cases/signal.ts';
import { signalMessage } from '../cases/signal-message.ts';
import type { Aggregates, Root } from '../core/aggregate.ts';
import { customerParty, signalId, unknownParty } from '../core/ids.ts';
import { sumTexts } from '../core/money.ts';
import type { Customer } from '../customers/customer.ts';
import type { SubscriptionList } from '../customers/subscription.ts';
import { noteSubscription } from '../customers/sync-customers.ts';
import type { LoadedPolicy } from '../policy/policy.ts';
import type { Budget } from './budget.ts';
import { dayAfter } from './cost-days.ts';
import type { CostFinding } from './cost-finding.ts';
import { withIdsOnly } from './cost-ids.ts';
import type { DayTotal, SubscriptionCost } from './cost-tally.ts';
import { type CostMonth, type CostMonthRun, costMonthId, decideCostMonth, summedDays } from './cost-totals.ts';
import { type CustomerSpend, decideCustomerSpend } from './customer-spend.ts';
import type { CostSource, RunRef, RunRefusal } from './export-run.ts';

/** What is stored of a feed's month. */
export interface CostShelf {
  /** Subscriptions that an earlier run of this feed and month named. Cross-partition. */
  inMonth(feed: string, month: string): Promise<readonly StoredFigures[]>;
  /** Every feed's figures of a subscription's month. */
  ofSubscription(subscriptionId: string, month: string): Promise<readonly CostMonth[]>;
}

/** What figures of any feed are taken in with. */
export interface FigurePorts {
  readonly aggregates: Aggregates;
  readonly policy: LoadedPolicy;
  readonly shelf: CostShelf;
  readonly subscriptions: Pick<SubscriptionList, 'of'>;
  readonly now: () => Date;
}

export interface CostRunPorts extends FigurePorts {
  readonly source: CostSource;
}

/** What figures say of themselves, whatever brought them: a run of an export, an answer of an API. */
export interface FiguresOf extends Pick<RunRef, 'feed' | 'runId' | 'writtenAt' | 'month'> {
  /** As evidence names it, e.g. `cost-export`. */
  readonly source: string;
}

/** Everything that came at once: one entry per subscription, customer and currency. */
export interface Figures {
  readonly subscriptions: readonly SubscriptionCost[];
  /** Every row was taken in: what is missing costs nothing any more. */
  readonly complete: boolean;
}

/** A subscription's figures of a month as they are stored. */
export type StoredFigures = Pick<CostMonth, 'subscriptionId' | 'currency' | 'customer'>;

/** Figures of a month that ended longer ago than this are history: kept, never news. */
const newsDaysAfterMonth = 5;
/** Months before, for the spike detector's season. */
const historyMonths = 2;

/**
 * Takes one export run in: for each subscription the month is replaced whole; what a complete run no longer names goes to
 * zero. A run that cannot be trusted changes no figure and is told as a signal that names file, line and field.
 */
export async function takeInCostRun(ports: CostRunPorts, run: RunRef): Promise<'taken-in' | 'refused'> {
  const read = withIdsOnly(await ports.source.read(run), run);
  const figures = { ...run, source: 'cost-export' };
  if (read.refused.length > 0) {
    await tellRefusals(ports, figures, {
      rule: { id: 'usage/run-refused', version: '1', title: 'Cost export could not be read in full' },
      cause: `${run.feed} ${run.runId}`,
      count: read.refused.length,
      first: read.refused.slice(0, keptRefusals),
    });
  }
  if (read.kind === 'refused') return 'refused';
  await takeInFigures(ports, figures, read, () => ports.shelf.inMonth(run.feed, run.month));
  return 'taken-in';
}

/**
 * Puts figures in the place of what the feed said before and judges them. `stored` answers whose figures may go to zero
 * when a complete answer no longer names them.
 */
export async function takeInFigures(
  ports: FigurePorts,
  run: FiguresOf,
  read: Figures,
  stored: () => Promise<readonly StoredFigures[]>,
): Promise<void> {
  const parties = new Map<string, Set<string>>();
  const note = (party: string | undefined, subscriptionId: string) => {
    if (party !== undefined) parties.set(party, (parties.get(party) ?? new Set()).add(subscriptionId));
  };
  const costs = perSubscription(read.subscriptions);
  for (const cost of costs) {
    note(await takeInMonth(ports, asRun(run, cost, read.complete)), subscriptionOf(cost));
  }
  if (read.complete) {
    const named = new Set(costs.map((cost) => key(subscriptionOf(cost), cost.currency)));
    for (const { subscriptionId, currency, customer } of await stored()) {
      if (named.has(key(subscriptionId, currency))) continue;
      const gone = { ...runOf(run), subscriptionId, currency, customer, days: [], complete: true };
      note(await takeInMonth(ports, gone), subscriptionId);
    }
  }
  for (const [party, named] of parties) await judgeCustomer(ports, party, run, named);
}

const key = (subscriptionId: string, currency: string | null): string => `${subscriptionId} ${currency ?? ''}`;

/** Charges that name no subscription (marketplace purchases) are kept per customer, under a name of their own. */
const subscriptionOf = (cost: Pick<SubscriptionCost, 'id' | 'customer'>): string =>
  cost.id?.toLowerCase() ?? `none-${cost.customer?.toLowerCase() ?? 'unknown'}`;

/**
 * One entry per subscription and currency, as months are stored. A subscription that two customers had in one month keeps
 * both costs, under the customer that had it last.
 */
function perSubscription(costs: readonly SubscriptionCost[]): readonly SubscriptionCost[] {
  return [...Map.groupBy(costs, (cost) => key(subscriptionOf(cost), cost.currency)).values()].flatMap((same) => {
    const [last] = same.toSorted((a, b) => ((a.days.at(-1)?.day ?? '') > (b.days.at(-1)?.day ?? '') ? -1 : 1));
    if (last === undefined || same.length === 1) return same;
    const days = summedDays(same.flatMap((cost) => cost.days)).toSorted((a, b) => (a.day < b.day ? -1 : 1));
    return [{ ...last, days, total: sumTexts(days.map((one) => one.total)) }];
  });
}

const runOf = ({ feed, runId, writtenAt, month, source }: FiguresOf): FiguresOf => ({
  feed,
  runId,
  writtenAt,
  month,
  source,
});

function asRun(run: FiguresOf, cost: SubscriptionCost, complete: boolean): CostMonthRun {
  const { customer, currency, days } = cost;
  return { ...runOf(run), subscriptionId: subscriptionOf(cost), customer, currency, days, complete };
}

/**
 * Answers the party whose figures these are, also when this run was taken in before: a crash may have come between the
 * figures and the judgement of the customer. Undefined when a later run stands.
 */
async function takeInMonth(ports: FigurePorts, run: CostMonthRun): Promise<string | undefined> {
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

async function partyOfRun(ports: FigurePorts, run: CostMonthRun): Promise<string> {
  if (run.subscriptionId.startsWith('none-'))
    return run.customer === null ? unknownParty(run.subscriptionId) : customerParty(run.customer);
  const noted = await noteSubscription(ports, {
    subscriptionId: run.subscriptionId,
    tenantId: run.customer ?? undefined,
    source: run.source ?? 'cost-export',
  });
  return noted?.party ?? unknownParty(run.subscriptionId);
}

async function historyOf({ aggregates }: FigurePorts, run: CostMonthRun): Promise<readonly DayTotal[]> {
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

/** The policy's, else the first one, which the customer's application was approved with. */
async function customerBudgets({ aggregates, policy }: FigurePorts, party: string): Promise<readonly Budget[]> {
  const named = policy.usage.budgets.filter(
    (budget) => budget.subscription === undefined && customerParty(budget.customer) === party,
  );
  if (named.length > 0) return named;
  const customer = await aggregates.read<Customer>({ container: 'customers', partition: party, id: party });
  return customer?.onboarding === undefined ? [] : [customer.onboarding.budget];
}

/** Holds the customer's budget against the sum of its subscriptions, from the newest feed of each. */
async function judgeCustomer(
  ports: FigurePorts,
  party: string,
  run: FiguresOf,
  named: ReadonlySet<string>,
): Promise<void> {
  const { aggregates, policy, now } = ports;
  const budgets = await customerBudgets(ports, party);
  if (budgets.length === 0) return;
  // What the run names counts, whether or not the customer's list has it yet.
  const ids = new Set(named);
  for await (const { subscriptionId } of ports.subscriptions.of(party)) ids.add(subscriptionId);
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

/** Refusals that are kept of one run; all of them are counted. */
export const keptRefusals = 100;

/** What could not be read of one run or answer. */
export interface Refusals {
  readonly rule: Signal['rule'];
  /** Stable: the same refusals are told once. */
  readonly cause: string;
  readonly count: number;
  /** At most `keptRefusals`. */
  readonly first: readonly RunRefusal[];
}

/** A run that could not be read in full is the partner's own problem: a signal with their number, and the first ten places. */
export async function tellRefusals(
  ports: Pick<FigurePorts, 'aggregates' | 'now'>,
  run: FiguresOf,
  { rule, cause, count, first }: Refusals,
): Promise<void> {
  const signal: Signal = {
    v: 1,
    id: signalId(rule.id, cause),
    party: 'partner',
    subject: 'feed',
    rule,
    points: 30,
    occurredAt: run.writtenAt,
    detectedAt: ports.now().toISOString(),
    asOf: run.writtenAt,
    observed: `${count} place${count === 1 ? '' : 's'} of run ${run.runId} of ${run.feed} could not be read`,
    normal: 'every row of a run is read',
    evidence: first
      .slice(0, 10)
      .map(({ file, line, reason }) => ({ source: run.source, ref: `${file}:${line}`, text: reason })),
    shadow: false,
  };
  const id = `refused-${signal.id}`;
  const { feed, runId } = run;
  await ports.aggregates.act<RefusedRun>({ container: 'sweeps', partition: id, id }, undefined, (state) =>
    state === undefined
      ? {
          state: { id, v: 1, kind: 'refused-run', feed, runId, count, refused: first },
          effects: [signalMessage(signal)],
        }
      : undefined,
  );
}

interface RefusedRun extends Root {
  readonly kind: 'refused-run';
  readonly feed: string;
  readonly runId: string;
  readonly count: number;
  readonly refused: readonly RunRefusal[];
}
