import { type RuntimeClock, wallClock } from '../clock.ts';
import { resolveSettings } from './app-settings.ts';
import type { TimerFunction } from './functions.ts';
import type { WriteLog } from './host-log.ts';
import type { Invoke } from './invoke.ts';
import { withRetries } from './retry.ts';
import type { Running } from './running.ts';
import { parseSchedule, type Schedule } from './schedule.ts';
import type { TimerStatus } from './timer-status.ts';

export interface TimerParts {
  readonly functions: readonly TimerFunction[];
  readonly env: NodeJS.ProcessEnv;
  readonly clock: RuntimeClock;
  readonly status: TimerStatus | undefined;
  readonly invoke: Invoke;
  readonly running: Running;
  readonly log: WriteLog;
}

export interface Timers {
  /** The earliest next occurrence of all timers. */
  nextAt(): Date | undefined;
  /** Runs a timer now, beside its schedule. Resolves when it has run; a timer that still runs is not started again. */
  run(name: string): Promise<void>;
  /** Starts nothing more; retries that wait are given up. What runs, runs on. */
  stop(): void;
}

interface Timer {
  readonly definition: TimerFunction;
  readonly schedule: Schedule;
  /** False for timers with less than a minute between occurrences and with `useMonitor: false`. */
  readonly remembered: boolean;
  since: Date | undefined;
  next: Date | undefined;
  current: Promise<void> | undefined;
}

/** The longest wait that setTimeout keeps exactly; longer ones are split. */
const longestWaitMs = 3_600_000;

/**
 * Runs the timer triggers by the runtime's clock: with a standing clock when it is moved to or past an occurrence, with the
 * wall clock in real time. Occurrences that were passed together, or missed while the host was down, are made good by one
 * run with `isPastDue`.
 */
export function startTimers(parts: TimerParts): Timers {
  const stopping = new AbortController();
  const timers = parts.functions.map((definition) => createTimer(parts, definition));

  const fire = (timer: Timer, isPastDue: boolean): Promise<void> => {
    timer.current ??= parts.running
      .track(() => runTimer(parts, timer, isPastDue, stopping.signal))
      .finally(() => {
        timer.current = undefined;
      });
    return timer.current;
  };
  // What a run throws is in the log of its invocation; a timer has nobody else to tell.
  const start = (timer: Timer, isPastDue: boolean) => void fire(timer, isPastDue).catch(() => {});

  const look = (now: Date) => {
    if (stopping.signal.aborted) return;
    for (const timer of timers) {
      if (timer.next === undefined || timer.next > now) continue;
      const following = timer.schedule.after(timer.next);
      timer.next = timer.schedule.after(now);
      start(timer, following !== undefined && following <= now);
    }
  };

  for (const timer of timers) {
    const missed = timer.next !== undefined && timer.next <= parts.clock.now();
    if (missed) timer.next = timer.schedule.after(parts.clock.now());
    if (missed || timer.definition.options.runOnStartup) start(timer, missed);
  }
  const stopLooking = parts.clock === wallClock ? lookInRealTime(timers, look) : parts.clock.onAdvance(look);

  return {
    nextAt: () => earliest(timers.map(({ next }) => next)),
    async run(name) {
      const timer = timers.find(({ definition }) => definition.name === name);
      if (timer === undefined) throw new Error(`there is no timer named "${name}"`);
      await fire(timer, false);
    },
    stop() {
      stopping.abort();
      stopLooking();
    },
  };
}

function createTimer({ env, clock, status, log }: TimerParts, definition: TimerFunction): Timer {
  const used = `function "${definition.name}"`;
  let schedule: Schedule;
  try {
    schedule = parseSchedule(resolveSettings(definition.options.schedule, env, used));
  } catch (cause) {
    throw new Error(`${used}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const remembered = definition.options.useMonitor && !schedule.underOneMinute && status !== undefined;
  const known = remembered ? status.read(definition.name) : undefined;
  const since = known === undefined ? undefined : new Date(known);
  if (remembered && since === undefined) {
    // From now on a missed first occurrence is noticed as well.
    status.write(definition.name, clock.now().toISOString()).catch((error) => notRemembered(log, definition, error));
  }
  return { definition, schedule, remembered, since, next: schedule.after(since ?? clock.now()), current: undefined };
}

async function runTimer(parts: TimerParts, timer: Timer, isPastDue: boolean, stopping: AbortSignal): Promise<void> {
  const { definition } = timer;
  const started = parts.clock.now();
  const last = timer.since?.toISOString() ?? '0001-01-01T00:00:00+00:00';
  const input = {
    Schedule: { AdjustForDST: true },
    ScheduleStatus: { Last: last, LastUpdated: last, Next: timer.next?.toISOString() ?? last },
    IsPastDue: isPastDue,
  };
  let succeeded = false;
  try {
    await withRetries(definition.retry, stopping, (retryContext) =>
      parts.invoke(definition, { data: { json: JSON.stringify(input) }, retryContext }),
    );
    succeeded = true;
  } finally {
    timer.since = started;
    // After the run: a timer that a power cut interrupted, or whose retries a stop gave up, is past due at the next start.
    const givenUp = stopping.aborted && !succeeded;
    if (timer.remembered && !givenUp) {
      await parts.status
        ?.write(definition.name, started.toISOString())
        .catch((error) => notRemembered(parts.log, definition, error));
    }
  }
}

function notRemembered(log: WriteLog, { name }: TimerFunction, error: unknown): void {
  log('error', 'Host.Triggers.Timer', `the run of timer "${name}" could not be remembered: ${error}`, { error });
}

function lookInRealTime(timers: readonly Timer[], look: (now: Date) => void): () => void {
  let handle: NodeJS.Timeout;
  const arm = () => {
    const next = earliest(timers.map((timer) => timer.next));
    const waitMs = next === undefined ? longestWaitMs : next.getTime() - Date.now();
    handle = setTimeout(
      () => {
        look(new Date());
        arm();
      },
      Math.max(0, Math.min(waitMs, longestWaitMs)),
    );
  };
  arm();
  return () => clearTimeout(handle);
}

function earliest(instants: readonly (Date | undefined)[]): Date | undefined {
  return instants.reduce(
    (first, at) => (at !== undefined && (first === undefined || at < first) ? at : first),
    undefined,
  );
}
