import { type Aggregates, contentOf, type QueueEffect, type Root } from '../core/aggregate.ts';
import { KnownLater, NotAllowed } from '../core/failures.ts';
import { causeHash } from '../core/ids.ts';
import {
  type CustomerDirectory,
  type CustomerPorts,
  type FoundCustomer,
  type PageRef,
  takeInCustomer,
} from './sync-customers.ts';

/**
 * One walk through Partner Center's customer list. A step is a message: it takes in as many customers as its share of the
 * rate allows and sends the next, which is taken no sooner than `notBefore`.
 */
export interface CustomerSweep extends Root {
  readonly kind: 'customer-sweep';
  readonly run: number;
  readonly startedAt: string;
  readonly movedAt: string;
  readonly finishedAt?: string;
  /** Number of the next step. */
  readonly step: number;
  readonly notBefore: string;
  /** The page that is worked on; absent on the first. */
  readonly page?: PageRef;
  /** The last customer of that page that is done. */
  readonly after?: string;
  /** Times that the next customer was tried and Partner Center was busy. */
  readonly tries: number;
  readonly customers: number;
  /** Customers that could not be read this time; the next sweep tries them. */
  readonly failed: number;
  /** Calls of Partner Center. */
  readonly requests: number;
  /** Set when the list itself was refused: the sweep ended before its end. */
  readonly stopped?: { readonly at: string; readonly why: string };
  /** Of the last sweep that came to its end. */
  readonly last?: Ended;
}

type Ended = Required<Pick<CustomerSweep, 'startedAt' | 'finishedAt' | 'customers' | 'failed' | 'requests'>>;

export interface SweepPorts {
  readonly aggregates: Aggregates;
  readonly now: () => Date;
  readonly directory: CustomerDirectory;
  /** Calls a minute that sweeps may make: what is left of Partner Center's rate is enforcement's. */
  readonly requestsPerMinute: number;
  readonly link?: CustomerPorts['link'];
  /** Told of each customer that could not be read. */
  readonly warn?: (text: string) => void;
}

const address = { container: 'sweeps', partition: 'customers', id: 'customers' } as const;
/** A sweep that has not moved for this long is given up: its message was lost to a bug, and a new sweep begins. */
const givenUpAfterMs = 60 * 60_000;
/** Steps are a quarter of a minute apart, each with a quarter of the minute's calls. */
const stepMs = 15_000;
const stepsPerMinute = 4;
/** A customer that is answered 429 or 503 so often is left to the next sweep. */
const mostTries = 5;
const longestPauseMs = 15 * 60_000;

/** Starts a walk through the customer list, unless one is under way. */
export async function startCustomerSweep({ aggregates, now }: Pick<SweepPorts, 'aggregates' | 'now'>): Promise<void> {
  const at = now();
  await aggregates.act<CustomerSweep>(address, undefined, (state) => {
    const underWay = state !== undefined && state.finishedAt === undefined && state.stopped === undefined;
    if (underWay && at.getTime() - Date.parse(state.movedAt) < givenUpAfterMs) return undefined;
    const run = (state?.run ?? 0) + 1;
    const startedAt = at.toISOString();
    return {
      state: {
        ...{ id: 'customers', v: 1, kind: 'customer-sweep', run, startedAt, movedAt: startedAt },
        ...{ step: 0, notBefore: startedAt, tries: 0, customers: 0, failed: 0, requests: 0 },
        ...(state?.last === undefined ? {} : { last: state.last }),
      },
      effects: [stepMessage(run, 0)],
    };
  });
}

/** `early`: the same message is wanted again at that time. */
export type StepTaken = { readonly kind: 'taken' | 'stale' } | { readonly kind: 'early'; readonly at: Date };

/**
 * Takes in the next few customers. Over any minute the steps make no more than `requestsPerMinute` calls, whichever instances
 * take them: there is one step at a time. Only a customer with very many plans overdraws, and then the pause is longer.
 * A stale or repeated step does nothing.
 */
export async function walkCustomers(
  ports: SweepPorts,
  step: { readonly run: number; readonly step: number },
  messageId: string,
): Promise<StepTaken> {
  const { aggregates, now } = ports;
  const isMine = (state: CustomerSweep | undefined): state is CustomerSweep =>
    state?.run === step.run &&
    state.step === step.step &&
    state.finishedAt === undefined &&
    state.stopped === undefined;
  const sweep = await aggregates.read<CustomerSweep>(address);
  if (!isMine(sweep)) return { kind: 'stale' };
  if (Date.parse(sweep.notBefore) > now().getTime()) return { kind: 'early', at: new Date(sweep.notBefore) };
  const budget = Math.max(1, Math.floor(ports.requestsPerMinute / stepsPerMinute));
  const progress = await takeIn(ports, sweep, budget);
  const end = now();
  const { spent, pauseMs, ended, stopped, ...counts } = progress;
  const paceMs = stepMs * Math.max(1, spent / budget);
  const notBefore = new Date(end.getTime() + Math.max(paceMs, pauseMs)).toISOString();
  const at = end.toISOString();
  await aggregates.act<CustomerSweep>(address, messageId, (state) => {
    if (!isMine(state)) return undefined;
    const { page: _p, after: _a, ...rest } = contentOf(state);
    const requests = state.requests + spent;
    const moved = { ...rest, ...counts, requests, movedAt: at, step: state.step + 1, notBefore };
    if (stopped !== undefined) return { state: { ...moved, stopped: { at, why: stopped } } };
    if (!ended) return { state: moved, effects: [stepMessage(state.run, state.step + 1)] };
    const { customers, failed } = counts;
    const last = { startedAt: state.startedAt, finishedAt: at, customers, failed, requests };
    return { state: { ...moved, finishedAt: at, last } };
  });
  return { kind: 'taken' };
}

interface Progress {
  page?: PageRef;
  after?: string;
  tries: number;
  customers: number;
  failed: number;
  spent: number;
  /** What Partner Center asked for, or the pause before another try. */
  pauseMs: number;
  ended: boolean;
  stopped?: string;
}

/** Goes on from where the sweep is until the budget is spent, and by one customer at least. What fails with `KnownLater` ends the step. */
async function takeIn(ports: SweepPorts, sweep: CustomerSweep, budget: number): Promise<Progress> {
  const { directory } = ports;
  const before = directory.requests();
  const spent = () => directory.requests() - before;
  const { page, after, tries, customers, failed } = sweep;
  const progress: Progress = { tries, customers, failed, spent: 0, pauseMs: 0, ended: false };
  if (page !== undefined) progress.page = page;
  if (after !== undefined) progress.after = after;
  try {
    while (!progress.ended && spent() < budget) {
      const found = await directory.customersOn(progress.page);
      const done = found.customers.findIndex(({ tenantId }) => tenantId === progress.after) + 1;
      for (const customer of found.customers.slice(done)) {
        // One at least: the page alone may take a small budget.
        if (spent() >= budget && progress.customers > customers) return { ...progress, spent: spent() };
        await takeInOne(ports, customer, progress);
      }
      delete progress.after;
      if (found.next === undefined) progress.ended = true;
      else progress.page = found.next;
    }
  } catch (error) {
    if (error instanceof KnownLater) progress.pauseMs = pauseOf(error, progress.tries);
    // Only the list ends here: a customer that is refused is left out.
    else if (error instanceof NotAllowed) progress.stopped = error.message;
    else throw error;
  }
  return { ...progress, spent: spent() };
}

async function takeInOne(ports: SweepPorts, customer: FoundCustomer, progress: Progress): Promise<void> {
  try {
    await takeInCustomer(ports, customer);
  } catch (error) {
    const isBusy = error instanceof KnownLater;
    if (isBusy) progress.tries += 1;
    if (isBusy && progress.tries < mostTries) throw error;
    progress.failed += 1;
    ports.warn?.(`customer ${customer.tenantId} was not read; the next sweep tries again: ${String(error)}`);
  }
  progress.tries = 0;
  progress.customers += 1;
  progress.after = customer.tenantId;
}

function pauseOf({ retryAfterMs }: KnownLater, tries: number): number {
  return Math.max(retryAfterMs ?? 0, Math.min(longestPauseMs, stepMs * 2 ** tries));
}

function stepMessage(run: number, step: number): QueueEffect {
  return {
    to: 'queue',
    queue: 'intake',
    id: `customers-${causeHash('customers-step', String(run), String(step))}`,
    lane: 'customers',
    body: { v: 1, kind: 'customers-step', run, step },
  };
}
