import type { QueueDefinition } from '../../shared/azure/queues.ts';
import { durationMs } from './admission.ts';
import { createBacklog } from './backlog.ts';
import { createBusy } from './busy.ts';
import { lockAndSend, removeAndSend } from './hand-over.ts';
import { createLocks } from './locks.ts';
import type { MessageTable } from './message-table.ts';
import type { Outlet } from './outlet.ts';
import { createSchedule } from './schedule.ts';
import { createSessions } from './sessions.ts';
import { type DeadLettering, deadLetterProperties, deliveredTooOften, expired, internalError } from './settlement.ts';
import { type Entry, withProperties } from './wire.ts';

/** What the messages of a queue need to know of it. */
export interface MessageSettings {
  readonly definition: QueueDefinition;
  readonly table: MessageTable;
  readonly address: string;
  /** Where dead messages go; undefined for a dead-letter queue itself. */
  readonly deadLetters: Messages | undefined;
  /** The runtime's clock, for schedules and expiry. Locks use real time. */
  readonly now: () => number;
  readonly changed: () => void;
  /** Told when a lock ends (epoch milliseconds of real time). */
  readonly watchLock: (until: number) => void;
}

/**
 * Where each message of a queue is, and how it gets from one place to the next: scheduled, waiting, locked, dead. Memory
 * follows the disk: a message is shown when it is stored, and a write that fails leaves it where it was.
 */
export class Messages {
  readonly waiting = createBacklog();
  readonly scheduled = createSchedule();
  readonly locked = createLocks();
  readonly sessions = createSessions();
  readonly busy: ReturnType<typeof createBusy>;
  /** Links that take messages without a session. */
  readonly outlets = new Set<Outlet>();
  readonly requiresSession: boolean;
  readonly lockMs: number;
  readonly #settings: MessageSettings;
  #seq: number;
  #stopped = false;

  constructor(settings: MessageSettings) {
    const { definition, address, table } = settings;
    this.#settings = settings;
    this.busy = createBusy(settings.changed);
    this.requiresSession = definition.requiresSession && settings.deadLetters !== undefined;
    this.lockMs = durationMs(definition.lockDuration);
    const { entries, lastSeq } = table.load(address);
    this.#seq = lastSeq;
    for (const entry of entries) this.#place(entry);
  }

  /** Numbers a message as the newest; the caller stores it. */
  number(entry: Omit<Entry, 'seq'>): Entry {
    this.#seq += 1;
    return { ...entry, seq: this.#seq };
  }

  /** Takes over messages that are stored. */
  show(entries: readonly Entry[]): void {
    for (const entry of entries) this.#place(entry);
    for (const lane of new Set(entries.map((entry) => this.#laneOf(entry)))) this.serve(lane);
    if (!this.#stopped) this.sessions.offer();
  }

  /** Messages whose delivery did not end well: waiting again, or dead after too many. */
  back(entries: readonly Entry[]): void {
    const { deadLetters, definition } = this.#settings;
    const isDead = (entry: Entry) => deadLetters !== undefined && entry.deliveries >= definition.maxDeliveryCount;
    for (const entry of entries.filter(isDead)) {
      this.busy.inBackground(
        1,
        () => this.bury(entry, deliveredTooOften(definition.maxDeliveryCount)),
        () => this.keep(entry),
      );
    }
    this.show(entries.filter((entry) => !isDead(entry)));
  }

  /** Lets a message wait, whatever has become of it. */
  keep(entry: Entry): void {
    this.waiting.put(this.#laneOf(entry), entry);
    if (this.requiresSession) this.sessions.fill(this.#laneOf(entry));
  }

  /** Moves a message to the dead-letter queue, in one commit; out of that queue it is removed. */
  async bury(entry: Entry, why: DeadLettering): Promise<void> {
    const { deadLetters, table, address } = this.#settings;
    if (deadLetters === undefined) return table.remove(address, [entry.seq]);
    const raw = withProperties(entry.raw, deadLetterProperties(why), address);
    const dead = deadLetters.number({ ...entry, raw, dueAt: undefined, expiresAt: Number.POSITIVE_INFINITY });
    await table.move(address, entry.seq, deadLetters.#settings.address, dead);
    deadLetters.show([dead]);
  }

  /** Keeps properties that a receiver added. */
  async rewrite(entry: Entry, properties: Readonly<Record<string, unknown>>): Promise<Entry> {
    if (Object.keys(properties).length === 0) return entry;
    const changed = { ...entry, raw: withProperties(entry.raw, properties) };
    await this.#settings.table.rewrite(this.#settings.address, changed);
    return changed;
  }

  /** Gives the messages of a session, or of a queue without, to the links that can take them. */
  serve(lane: string): void {
    if (this.#stopped || this.waiting.sizeOf(lane) === 0) return;
    const holder = this.sessions.holder(lane)?.outlet;
    for (const outlet of this.requiresSession ? (holder === undefined ? [] : [holder]) : this.outlets) {
      const entries = this.waiting.take(lane, outlet.credit());
      if (entries.length > 0) this.#handOver(entries, outlet);
      if (this.waiting.sizeOf(lane) === 0) return;
    }
  }

  /** What a link holds is waiting again: its messages and its session. */
  takeBack(outlet: Outlet): void {
    const { session } = outlet;
    const holds = session !== undefined && this.sessions.holder(session)?.outlet === outlet;
    if (holds) this.sessions.release(session);
    this.back(this.locked.takeAllOf(outlet).map((lock) => lock.entry));
    if (!holds || this.waiting.sizeOf(session) === 0) return;
    this.sessions.fill(session);
    if (!this.#stopped) this.sessions.offer();
  }

  /** The runtime's clock has moved: scheduled messages appear, old ones expire. */
  onTime(): void {
    if (this.#stopped) return;
    const now = this.#settings.now();
    const due = this.scheduled.takeDue(now);
    if (due.length > 0) this.#activate(due, now);
    for (const entry of this.waiting.takeExpired(now)) {
      if (this.waiting.sizeOf(this.#laneOf(entry)) === 0) this.sessions.empty(this.#laneOf(entry));
      this.#expire(entry);
    }
  }

  /** Hands nothing over any more, and lets no time pass. */
  stop(): void {
    this.#stopped = true;
  }

  #handOver(entries: readonly Entry[], outlet: Outlet): void {
    const { table, address, watchLock } = this.#settings;
    const until = this.sessions.holder(outlet.session ?? '')?.until ?? Date.now() + this.lockMs;
    const handOver = outlet.settlesFirst
      ? removeAndSend(entries, outlet, { table, address })
      : lockAndSend(entries, outlet, until, { table, address, locks: this.locked });
    watchLock(until);
    // Locked messages are counted as such.
    this.busy.inBackground(outlet.settlesFirst ? entries.length : 0, handOver.run, (error) => {
      for (const entry of handOver.undo()) this.keep(entry);
      outlet.fail(internalError(error));
    });
  }

  /** As in Azure a scheduled message is enqueued when its time has come, and gets a new sequence number. */
  #activate(due: readonly Entry[], now: number): void {
    const moves = due.map((old) => ({
      from: old.seq,
      entry: this.number({ ...old, dueAt: undefined, enqueuedAt: now }),
    }));
    this.busy.inBackground(
      due.length,
      async () => {
        await this.#settings.table.activate(this.#settings.address, moves);
        this.show(moves.map(({ entry }) => entry));
      },
      () => {
        for (const entry of due) this.scheduled.add(entry);
      },
    );
  }

  #place(entry: Entry): void {
    if (entry.dueAt !== undefined) this.scheduled.add(entry);
    else if (entry.expiresAt <= this.#settings.now()) this.#expire(entry);
    else this.keep(entry);
  }

  #expire(entry: Entry): void {
    const { definition, table, address } = this.#settings;
    this.busy.inBackground(
      1,
      () =>
        definition.deadLetteringOnMessageExpiration ? this.bury(entry, expired) : table.remove(address, [entry.seq]),
      () => this.keep(entry),
    );
  }

  #laneOf(entry: Entry): string {
    return this.requiresSession ? (entry.session ?? '') : '';
  }
}
