import type { QueueDefinition } from '../../shared/azure/queues.ts';
import { admit, durationMs } from './admission.ts';
import type { MessageTable } from './message-table.ts';
import { Messages } from './messages.ts';
import type { Outlet } from './outlet.ts';
import type { Sessions } from './sessions.ts';
import { internalError, lockLost, type Settlement } from './settlement.ts';
import { type AmqpFailure, type Entry, failure } from './wire.ts';

/** Counts of messages. `active` and `locked` are both 0 only when nothing is left to do until the next scheduled message. */
export interface QueueState {
  readonly name: string;
  /** Waiting for a receiver. */
  readonly active: number;
  readonly scheduled: number;
  readonly deadLettered: number;
  /** With a receiver, or on the way between memory and disk: being stored, handed over, settled, moved. */
  readonly locked: number;
  /** On the runtime's clock. */
  readonly nextScheduledAt: Date | undefined;
}

export interface QueueSettings {
  readonly definition: QueueDefinition;
  readonly table: MessageTable;
  /** The runtime's clock, for schedules and expiry. Locks use real time. */
  readonly now: () => number;
  readonly deadLetters: Queue | undefined;
  readonly address: string;
  readonly changed: () => void;
  /** Told when a lock ends (epoch milliseconds of real time), so that `expireLocks` is called then. */
  readonly watchLock: (until: number) => void;
}

/** One queue, as its clients see it. What a caller is told is on disk. */
export class Queue {
  readonly address: string;
  readonly requiresSession: boolean;
  readonly sessions: Sessions;
  readonly #messages: Messages;
  readonly #deadLetters: Messages | undefined;
  readonly #settings: QueueSettings;
  readonly #timeToLiveMs: number;

  constructor(settings: QueueSettings) {
    this.#settings = settings;
    this.address = settings.address;
    const { deadLetters } = settings;
    this.#deadLetters = deadLetters === undefined ? undefined : deadLetters.#messages;
    this.#messages = new Messages({ ...settings, deadLetters: this.#deadLetters });
    this.requiresSession = this.#messages.requiresSession;
    this.sessions = this.#messages.sessions;
    this.#timeToLiveMs = durationMs(settings.definition.defaultMessageTimeToLive);
  }

  get state(): QueueState {
    const { waiting, scheduled, locked, busy } = this.#messages;
    const next = scheduled.nextAt();
    const dead = this.#deadLetters;
    return {
      name: this.address,
      active: waiting.size,
      scheduled: scheduled.size,
      deadLettered: dead === undefined ? 0 : dead.waiting.size + dead.locked.size,
      locked: locked.size + busy.messages,
      nextScheduledAt: next === undefined ? undefined : new Date(next),
    };
  }

  /** True while something is on its way to disk. */
  get isBusy(): boolean {
    return this.#messages.busy.isRunning;
  }

  /** Stores messages, all or none, then shows them. Answers their sequence numbers, or why they cannot be taken. */
  async enqueue(raws: readonly Buffer[]): Promise<readonly number[] | AmqpFailure> {
    const now = this.#settings.now();
    const rules = { requiresSession: this.requiresSession, timeToLiveMs: this.#timeToLiveMs, now };
    const entries: Entry[] = [];
    for (const raw of raws) {
      const admitted = admit(raw, rules);
      if ('condition' in admitted) return admitted;
      entries.push(this.#messages.number(admitted));
    }
    return this.#messages.busy.during(entries.length, async () => {
      await this.#settings.table.insert(this.address, entries);
      this.#messages.show(entries);
      return entries.map((entry) => entry.seq);
    });
  }

  async cancelScheduled(seqs: readonly number[]): Promise<AmqpFailure | undefined> {
    const { scheduled, busy } = this.#messages;
    const missing = seqs.find((seq) => !scheduled.has(seq));
    if (missing !== undefined)
      return failure('com.microsoft:message-not-found', `The message ${missing} could not be found.`);
    const cancelled = seqs.map((seq) => scheduled.cancel(seq)).filter((entry) => entry !== undefined);
    return busy.during(seqs.length, async () => {
      try {
        await this.#settings.table.remove(this.address, seqs);
        return undefined;
      } catch (error) {
        for (const entry of cancelled) scheduled.add(entry);
        return internalError(error);
      }
    });
  }

  /** A link of a queue without sessions opens. */
  open(outlet: Outlet): void {
    this.#messages.outlets.add(outlet);
  }

  /** A link takes a session. Answers until when, in epoch milliseconds of real time. */
  holdSession(session: string, outlet: Outlet): number {
    const until = Date.now() + this.#messages.lockMs;
    this.sessions.hold(session, outlet, until);
    this.#settings.watchLock(until);
    return until;
  }

  /** The link can take more. */
  flow(outlet: Outlet): void {
    this.#messages.serve(outlet.session ?? '');
  }

  /** The link is gone: what it held is available again at once. Azure keeps single messages until their locks end. */
  close(outlet: Outlet): void {
    this.#messages.outlets.delete(outlet);
    this.#messages.takeBack(outlet);
    this.#settings.changed();
  }

  /** Until when the session is locked now; undefined when the named link has lost it. */
  renewSession(session: string, link: string | undefined): number | undefined {
    return this.sessions.renew(session, link, Date.now() + this.#messages.lockMs);
  }

  /** Until when the message is locked now; undefined when the lock is lost. */
  renewLock(token: string): number | undefined {
    const { locked, lockMs } = this.#messages;
    const lock = locked.get(token);
    if (lock === undefined || lock.until <= Date.now()) return undefined;
    const until = Date.now() + lockMs;
    locked.renew(token, until);
    return until;
  }

  /** Loses a lock at once, as if its time were up: of the message, or of its session. */
  loseLock(token: string): void {
    const lock = this.#messages.locked.get(token);
    if (lock === undefined) return;
    if (this.requiresSession) this.#loseSession(lock.outlet);
    else {
      this.#messages.locked.take(token);
      this.#messages.back([lock.entry]);
    }
    this.#settings.changed();
  }

  /** Settles a locked message durably. Answers an AMQP error when the lock is lost, or the message cannot be written. */
  async settle(token: string, settlement: Settlement): Promise<AmqpFailure | undefined> {
    const messages = this.#messages;
    const lock = messages.locked.get(token);
    if (lock === undefined || this.#endOf(lock) <= Date.now()) return lockLost(this.requiresSession);
    const { entry, outlet } = lock;
    messages.locked.take(token);
    return messages.busy.during(1, async () => {
      try {
        if (settlement.kind === 'complete') await this.#settings.table.remove(this.address, [entry.seq]);
        else if (settlement.kind === 'abandon') messages.back([await messages.rewrite(entry, settlement.properties)]);
        else await messages.bury(entry, settlement);
        return undefined;
      } catch (error) {
        messages.keep(entry);
        return internalError(error);
      } finally {
        messages.serve(outlet.session ?? '');
      }
    });
  }

  /** Active and scheduled messages from a sequence number on, without taking them. */
  peek(
    from: number,
    count: number,
    session: string | undefined,
  ): readonly { readonly entry: Entry; readonly scheduled: boolean }[] {
    const { waiting, locked, scheduled } = this.#messages;
    return [...waiting.entries(), ...locked.entries(), ...scheduled.entries()]
      .filter((entry) => entry.seq >= from && (session === undefined || entry.session === session))
      .sort((a, b) => a.seq - b.seq)
      .slice(0, count)
      .map((entry) => ({ entry, scheduled: scheduled.has(entry.seq) }));
  }

  /** Real time has passed: locks whose time is up are lost. Answers when the next one ends. */
  expireLocks(): number {
    const now = Date.now();
    const { locked } = this.#messages;
    if (this.requiresSession) for (const { outlet } of this.sessions.expired(now)) this.#loseSession(outlet);
    else this.#messages.back(locked.takeExpired(now).map((lock) => lock.entry));
    this.#settings.changed();
    return this.requiresSession ? this.sessions.firstEnd() : locked.firstEnd();
  }

  /** The runtime's clock has moved: scheduled messages appear, old ones expire. */
  onTime(): void {
    this.#messages.onTime();
  }

  /** Hands nothing over any more, and lets no time pass. */
  stop(): void {
    this.#messages.stop();
  }

  /** A message of a session is locked as long as its session. */
  #endOf(lock: { readonly until: number; readonly outlet: Outlet }): number {
    return this.requiresSession ? (this.sessions.holder(lock.outlet.session ?? '')?.until ?? 0) : lock.until;
  }

  #loseSession(outlet: Outlet): void {
    outlet.fail(lockLost(true));
    this.#messages.takeBack(outlet);
  }
}
