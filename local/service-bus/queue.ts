import { randomUUID } from 'node:crypto';
import type { QueueDefinition } from '../../shared/azure/queues.ts';
import { createLine, type Line } from './line.ts';
import type { MessageTable } from './message-table.ts';
import { type AmqpFailure, decode, type Entry, encode, failure, scheduledFor, withProperties } from './wire.ts';

/** A link that messages are delivered over. */
export interface Outlet {
  /** The session it holds; undefined on a queue without sessions. */
  readonly session: string | undefined;
  /** Messages it can take now. */
  credit(): number;
  /** `token` is undefined for receive-and-delete. */
  deliver(entry: Entry, token: string | undefined, lockedUntil: number | undefined): void;
  readonly settlesFirst: boolean;
  fail(why: AmqpFailure): void;
}

interface Lock {
  readonly entry: Entry;
  readonly outlet: Outlet | undefined;
  until: number;
}

/** What a receiver says about a message. */
export type Settlement =
  | { readonly kind: 'complete' }
  | { readonly kind: 'abandon'; readonly properties: Readonly<Record<string, unknown>> }
  | {
      readonly kind: 'dead-letter';
      readonly reason: string | undefined;
      readonly description: string | undefined;
      readonly properties: Readonly<Record<string, unknown>>;
    };

export interface QueueState {
  readonly name: string;
  readonly active: number;
  readonly scheduled: number;
  readonly deadLettered: number;
  readonly locked: number;
  readonly nextScheduledAt: Date | undefined;
}

/** Durations of Azure's queue properties: ISO 8601 of days, hours, minutes, seconds. */
export function durationMs(text: string): number {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  if (match === null) throw new Error(`"${text}" is no duration like PT1M or P14D`);
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = match;
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1000;
}

export interface QueueSettings {
  readonly definition: QueueDefinition;
  readonly table: MessageTable;
  /** The runtime's clock, for schedules and expiry. Locks use real time. */
  readonly now: () => number;
  readonly deadLetters: Queue | undefined;
  readonly address: string;
  readonly changed: () => void;
}

/** One queue: what is active, scheduled and locked, in memory over the durable table. */
export class Queue {
  readonly address: string;
  readonly requiresSession: boolean;
  readonly lockMs: number;
  readonly #settings: QueueSettings;
  readonly #lines = new Map<string, Line>();
  /** Sessions with messages and without a holder, the longest waiting first. */
  readonly #free = new Set<string>();
  readonly #holders = new Map<string, { outlet: Outlet; until: number }>();
  readonly #locks = new Map<string, Lock>();
  readonly #scheduled = new Map<number, Entry>();
  readonly #outlets = new Set<Outlet>();
  readonly #waiting: ((session: string) => void)[] = [];
  #seq: number;
  #active = 0;
  #nextDue = Number.POSITIVE_INFINITY;
  #nextExpiry = Number.POSITIVE_INFINITY;

  constructor(settings: QueueSettings) {
    const { definition, address, table } = settings;
    this.#settings = settings;
    this.address = address;
    this.requiresSession = definition.requiresSession && settings.deadLetters !== undefined;
    this.lockMs = durationMs(definition.lockDuration);
    const { entries, lastSeq } = table.load(address);
    this.#seq = lastSeq;
    for (const entry of entries) this.#place(entry);
  }

  get state(): QueueState {
    const next = Number.isFinite(this.#nextDue) ? new Date(this.#nextDue) : undefined;
    const deadLettered = this.#settings.deadLetters?.state.active ?? 0;
    return {
      name: this.address,
      active: this.#active,
      scheduled: this.#scheduled.size,
      deadLettered,
      locked: this.#locks.size,
      nextScheduledAt: next,
    };
  }

  /** Stores messages, all or none, then shows them. Answers their sequence numbers, or why they cannot be taken. */
  async enqueue(raws: readonly Buffer[]): Promise<readonly number[] | AmqpFailure> {
    const entries: Entry[] = [];
    for (const raw of raws) {
      const message = decode(raw);
      if (raw.length > maxMessageBytes)
        return failure(
          'amqp:link:message-size-exceeded',
          `The received message (${raw.length} bytes) exceeds the limit (${maxMessageBytes} bytes).`,
        );
      const session = message.group_id;
      if (this.requiresSession && (session === undefined || session === null)) {
        return failure(
          'amqp:not-allowed',
          'The SessionId was not set on a message, and it cannot be sent to the entity. Entities that have session support enabled can only receive messages that have the SessionId set to a valid value.',
        );
      }
      // The SDK's lock renewer refuses messages without an id; Service Bus gives one.
      const bytes =
        message.message_id === undefined || message.message_id === null
          ? encode({ ...message, message_id: randomUUID().replaceAll('-', '') })
          : raw;
      const now = this.#settings.now();
      const due = scheduledFor(message);
      const ttl = Math.min(
        Number(message.ttl ?? Number.POSITIVE_INFINITY),
        durationMs(this.#settings.definition.defaultMessageTimeToLive),
      );
      this.#seq += 1;
      entries.push({
        seq: this.#seq,
        session: session ?? undefined,
        raw: bytes,
        deliveries: 0,
        enqueuedAt: now,
        dueAt: due !== undefined && due > now ? due : undefined,
        expiresAt: Math.max(now, due ?? 0) + ttl,
      });
    }
    await this.#settings.table.insert(this.address, entries);
    for (const entry of entries) this.#place(entry);
    this.pump();
    return entries.map((entry) => entry.seq);
  }

  /** Puts an entry of another queue at the end of this one; the caller stores it. */
  adopt(entry: Omit<Entry, 'seq'>): Entry {
    this.#seq += 1;
    return { ...entry, seq: this.#seq };
  }

  place(entry: Entry): void {
    this.#place(entry);
    this.pump();
  }

  async cancelScheduled(seqs: readonly number[]): Promise<AmqpFailure | undefined> {
    const missing = seqs.find((seq) => !this.#scheduled.has(seq));
    if (missing !== undefined)
      return failure('com.microsoft:message-not-found', `The message ${missing} could not be found.`);
    for (const seq of seqs) this.#scheduled.delete(seq);
    await this.#settings.table.remove(this.address, seqs);
    this.#findNextDue();
    this.#settings.changed();
    return undefined;
  }

  open(outlet: Outlet): void {
    this.#outlets.add(outlet);
  }

  /** The link is gone: what it held is available again, its count raised. */
  close(outlet: Outlet): void {
    this.#outlets.delete(outlet);
    if (outlet.session !== undefined && this.#holders.get(outlet.session)?.outlet === outlet)
      this.#freeSession(outlet.session);
    for (const [token, lock] of this.#locks) {
      if (lock.outlet !== outlet) continue;
      this.#locks.delete(token);
      this.#back(lock.entry);
    }
    this.pump();
  }

  /** Takes the lock of a session: the named one, or any free one with messages. Undefined when there is none. */
  freeSession(wanted: string | undefined): string | AmqpFailure | undefined {
    if (wanted === undefined) return this.#free.values().next().value;
    if (this.#holders.has(wanted))
      return failure(
        'com.microsoft:session-cannot-be-locked',
        `The requested session '${wanted}' cannot be accepted. It may be locked by another receiver.`,
      );
    return wanted;
  }

  holdSession(session: string, outlet: Outlet): number {
    const until = Date.now() + this.lockMs;
    this.#free.delete(session);
    this.#holders.set(session, { outlet, until });
    return until;
  }

  /** Calls back with the next session that becomes free. Answers what takes the request back. */
  waitForSession(take: (session: string) => void): () => void {
    this.#waiting.push(take);
    return () => {
      const at = this.#waiting.indexOf(take);
      if (at >= 0) this.#waiting.splice(at, 1);
    };
  }

  renewSession(session: string): number | undefined {
    const holder = this.#holders.get(session);
    if (holder === undefined) return undefined;
    holder.until = Date.now() + this.lockMs;
    return holder.until;
  }

  renewLock(token: string): number | undefined {
    const lock = this.#locks.get(token);
    if (lock === undefined || lock.until <= Date.now()) return undefined;
    lock.until = Date.now() + this.lockMs;
    // The first lock of the map is the one that ends first.
    this.#locks.delete(token);
    this.#locks.set(token, lock);
    return lock.until;
  }

  /** Loses a lock at once, as if its time were up. */
  loseLock(token: string): void {
    const lock = this.#locks.get(token);
    if (lock === undefined) return;
    this.#locks.delete(token);
    this.#back(lock.entry);
    this.pump();
  }

  /** Settles a locked message durably. Answers an AMQP error when the lock is lost. */
  async settle(token: string, settlement: Settlement): Promise<AmqpFailure | undefined> {
    const lock = this.#locks.get(token);
    if (lock === undefined || (lock.until <= Date.now() && !this.requiresSession)) {
      return failure(
        'com.microsoft:message-lock-lost',
        'The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.',
      );
    }
    this.#locks.delete(token);
    switch (settlement.kind) {
      case 'complete':
        await this.#settings.table.remove(this.address, [lock.entry.seq]);
        break;
      case 'abandon':
        this.#back(
          Object.keys(settlement.properties).length === 0
            ? lock.entry
            : { ...lock.entry, raw: withProperties(lock.entry.raw, settlement.properties) },
        );
        break;
      case 'dead-letter': {
        const { reason, description, properties } = settlement;
        await this.#bury(lock.entry, {
          ...properties,
          ...(reason === undefined ? {} : { DeadLetterReason: reason }),
          ...(description === undefined ? {} : { DeadLetterErrorDescription: description }),
        });
      }
    }
    this.#settings.changed();
    this.pump();
    return undefined;
  }

  /** Active and scheduled messages from a sequence number on, without taking them. */
  peek(
    from: number,
    count: number,
    session: string | undefined,
  ): readonly { readonly entry: Entry; readonly scheduled: boolean }[] {
    const active = [...this.#lines.values()].flatMap((line) => line.entries());
    const locked = [...this.#locks.values()].map((lock) => lock.entry);
    const shown = [...active, ...locked].map((entry) => ({ entry, scheduled: false }));
    const later = [...this.#scheduled.values()].map((entry) => ({ entry, scheduled: true }));
    return [...shown, ...later]
      .filter(({ entry }) => entry.seq >= from && (session === undefined || entry.session === session))
      .sort((a, b) => a.entry.seq - b.entry.seq)
      .slice(0, count);
  }

  /** Real time has passed: locks whose time is up are lost. Answers when the next one ends. */
  expireLocks(): number {
    const now = Date.now();
    for (const [token, lock] of this.#locks) {
      if (lock.until > now) break;
      if (this.requiresSession) continue;
      this.#locks.delete(token);
      this.#back(lock.entry);
    }
    for (const [session, holder] of this.#holders) {
      if (holder.until > now) continue;
      holder.outlet.fail(failure('com.microsoft:session-lock-lost', `The session lock of '${session}' has expired.`));
      this.#outlets.delete(holder.outlet);
      this.#freeSession(session);
    }
    this.pump();
    const ends = [...this.#holders.values()].map((holder) => holder.until);
    const first = this.requiresSession ? undefined : this.#locks.values().next().value?.until;
    return Math.min(first ?? Number.POSITIVE_INFINITY, ...ends);
  }

  /** The runtime's clock has moved: scheduled messages appear, old ones expire. */
  onTime(): void {
    const now = this.#settings.now();
    if (now >= this.#nextDue) {
      for (const [seq, entry] of this.#scheduled) {
        if ((entry.dueAt ?? 0) > now) continue;
        this.#scheduled.delete(seq);
        this.#place({ ...entry, dueAt: undefined, enqueuedAt: now });
      }
      this.#findNextDue();
    }
    if (now >= this.#nextExpiry) this.#expireMessages(now);
    this.pump();
  }

  /** Delivers what can be delivered. */
  pump(): void {
    for (const take of [...this.#waiting]) {
      const session = this.#free.values().next().value;
      if (session === undefined) break;
      this.#waiting.splice(this.#waiting.indexOf(take), 1);
      take(session);
    }
    for (const outlet of this.#outlets) {
      const line = this.#lines.get(outlet.session ?? '');
      while (line !== undefined && line.size > 0 && outlet.credit() > 0) {
        const entry = line.take();
        if (entry === undefined) break;
        this.#active -= 1;
        this.#deliver(entry, outlet);
      }
    }
    this.#settings.changed();
  }

  #deliver(entry: Entry, outlet: Outlet): void {
    if (outlet.settlesFirst) {
      void this.#settings.table.remove(this.address, [entry.seq]);
      outlet.deliver(entry, undefined, undefined);
      return;
    }
    const token = randomUUID();
    const until =
      outlet.session === undefined ? Date.now() + this.lockMs : (this.#holders.get(outlet.session)?.until ?? 0);
    this.#locks.set(token, { entry, outlet, until });
    outlet.deliver(entry, token, until);
    entry.deliveries += 1;
    // Not waited for: it shares the next group commit, and a crash before it only forgets one delivery of the count.
    void this.#settings.table.countDelivery(this.address, entry).catch(() => {});
  }

  #place(entry: Entry): void {
    if (entry.dueAt !== undefined && entry.dueAt > this.#settings.now()) {
      this.#scheduled.set(entry.seq, entry);
      this.#nextDue = Math.min(this.#nextDue, entry.dueAt);
      return;
    }
    const session = this.requiresSession ? (entry.session ?? '') : '';
    const line = this.#lines.get(session) ?? createLine();
    this.#lines.set(session, line);
    line.put(entry);
    this.#active += 1;
    this.#nextExpiry = Math.min(this.#nextExpiry, entry.expiresAt);
    if (this.requiresSession && !this.#holders.has(session)) this.#free.add(session);
  }

  /** A message whose delivery did not end well: available again, or dead after too many. */
  #back(entry: Entry): void {
    const most =
      this.#settings.deadLetters === undefined ? Number.POSITIVE_INFINITY : this.#settings.definition.maxDeliveryCount;
    if (entry.deliveries < most) {
      this.#place(entry);
      return;
    }
    const description = `Message could not be consumed after ${most} delivery attempts.`;
    void this.#bury(entry, { DeadLetterReason: 'MaxDeliveryCountExceeded', DeadLetterErrorDescription: description });
  }

  async #bury(entry: Entry, properties: Readonly<Record<string, unknown>>): Promise<void> {
    const { deadLetters, table } = this.#settings;
    if (deadLetters === undefined) {
      await table.remove(this.address, [entry.seq]);
      return;
    }
    const raw = withProperties(entry.raw, properties, this.address);
    const dead = deadLetters.adopt({ ...entry, raw, dueAt: undefined, expiresAt: Number.POSITIVE_INFINITY });
    await table.move(this.address, entry.seq, deadLetters.address, dead);
    deadLetters.place(dead);
    this.#settings.changed();
  }

  #freeSession(session: string): void {
    this.#holders.delete(session);
    for (const [token, lock] of this.#locks) {
      if (lock.entry.session !== session) continue;
      this.#locks.delete(token);
      this.#back(lock.entry);
    }
    if ((this.#lines.get(session)?.size ?? 0) > 0) this.#free.add(session);
    else this.#lines.delete(session);
  }

  #expireMessages(now: number): void {
    this.#nextExpiry = Number.POSITIVE_INFINITY;
    for (const line of this.#lines.values()) {
      for (const entry of line.removeWhere((one) => one.expiresAt <= now)) {
        this.#active -= 1;
        if (this.#settings.definition.deadLetteringOnMessageExpiration) {
          void this.#bury(entry, {
            DeadLetterReason: 'TTLExpiredException',
            DeadLetterErrorDescription: 'The message expired and was dead lettered.',
          });
        } else void this.#settings.table.remove(this.address, [entry.seq]);
      }
      for (const entry of line.entries()) this.#nextExpiry = Math.min(this.#nextExpiry, entry.expiresAt);
    }
  }

  #findNextDue(): void {
    this.#nextDue = Number.POSITIVE_INFINITY;
    for (const entry of this.#scheduled.values())
      this.#nextDue = Math.min(this.#nextDue, entry.dueAt ?? Number.POSITIVE_INFINITY);
  }
}

/** Standard tier. */
export const maxMessageBytes = 262_144;
