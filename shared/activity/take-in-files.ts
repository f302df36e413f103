import { contentOf, type Decided, type QueueEffect, type Root } from '../core/aggregate.ts';
import type { Archive } from '../core/archive.ts';
import { KnownLater } from '../core/failures.ts';
import { causeHash } from '../core/ids.ts';
import { type ActivityPosition, besidePosition, positionAddress } from './activity-position.ts';
import { type ActivityEvent, readActivityEvent } from './event.ts';
import { archiveFresh, freshOf } from './read-activity.ts';
import type { FileEvent } from './read-events.ts';
import { type TellPorts, tellBatch } from './tell-batch.ts';

/** Files with activity events that somebody put beside the log. */
export interface EventFiles {
  /** Those that wait, in order. */
  names(): Promise<readonly string[]>;
  /** What stands in one; undefined when it is gone. */
  events(name: string): Promise<AsyncIterable<FileEvent> | undefined>;
  /** Lays one aside: it is taken in. */
  done(name: string): Promise<void>;
}

/** The event files that were taken in, one after the other. */
export interface EventFileSweep extends Root {
  readonly kind: 'event-file-sweep';
  /** The file that is being taken in. */
  readonly current?: { readonly name: string; readonly since: string };
  readonly files: number;
  readonly events: number;
  /** Events that could not be read. */
  readonly refused: number;
  readonly last?: {
    readonly name: string;
    readonly takenInAt: string;
    readonly events: number;
    readonly refused: number;
    /** The first refusals, with their lines. */
    readonly first: readonly string[];
  };
}

export interface FilePorts extends TellPorts {
  readonly archive: Archive;
  readonly files: EventFiles;
  /** The party of a subscription; one that nobody has mentioned yet is registered under an unknown party. */
  readonly partyOf: (subscriptionId: string) => Promise<string>;
}

const address = { container: 'sweeps', partition: 'event-files', id: 'event-files' } as const;
/** A file that is not done after this long is asked for again: its message may have been lost to a bug. */
const givenUpAfterMs = 60 * 60_000;
/** Events in memory at a time. */
const inPart = 5000;
const keptRefusals = 20;

/** Sends for the first file that waits, unless one is being taken in. */
export async function startEventFiles(ports: Pick<FilePorts, 'aggregates' | 'now' | 'files'>): Promise<void> {
  const [name] = await ports.files.names();
  const now = ports.now();
  if (name === undefined) return;
  await ports.aggregates.act<EventFileSweep>(address, undefined, (state) => {
    const { current } = state ?? {};
    if (current !== undefined && now.getTime() - Date.parse(current.since) < givenUpAfterMs) return undefined;
    return asked(state === undefined ? nothingYet : contentOf(state), name, now);
  });
}

const nothingYet: Decided<EventFileSweep> = {
  id: 'event-files',
  v: 1,
  kind: 'event-file-sweep',
  files: 0,
  events: 0,
  refused: 0,
};

function asked(content: Decided<EventFileSweep>, name: string, now: Date) {
  const since = now.toISOString();
  return { state: { ...content, current: { name, since } }, effects: [fileMessage(name, since)] };
}

/**
 * Takes the events of a file in as the log's own are: judged, told and archived, all of them as news. The place in the log
 * stays. Part by part, each once for a subscription: after a crash, and when the file comes again, what is known is passed
 * over. Throws `KnownLater` while another reader is at the same subscription.
 */
export async function takeInEventFile(ports: FilePorts, name: string, messageId: string): Promise<void> {
  const found = await ports.files.events(name);
  const counts = { events: 0, refused: 0, first: [] as string[] };
  if (found !== undefined) await takeInParts(ports, name, found, counts);
  await ports.files.done(name);
  const [next] = await ports.files.names();
  const now = ports.now();
  await ports.aggregates.act<EventFileSweep>(address, messageId, (state) => {
    if (state?.current?.name !== name) return undefined;
    const { current: _, ...content } = contentOf(state);
    const taken =
      found === undefined
        ? content
        : {
            ...content,
            files: state.files + 1,
            events: state.events + counts.events,
            refused: state.refused + counts.refused,
            last: { name, takenInAt: now.toISOString(), ...counts },
          };
    return next === undefined ? { state: taken } : asked(taken, next, now);
  });
}

interface Counts {
  events: number;
  refused: number;
  readonly first: string[];
}

async function takeInParts(
  ports: FilePorts,
  name: string,
  found: AsyncIterable<FileEvent>,
  counts: Counts,
): Promise<void> {
  let part: ActivityEvent[] = [];
  const refuse = (line: number, reason: string): void => {
    counts.refused += 1;
    if (counts.first.length < keptRefusals) counts.first.push(`${name}:${line}: ${reason}`.slice(0, 300));
  };
  for await (const one of found) {
    if (one.kind !== 'event') {
      refuse(one.line, one.reason);
      continue;
    }
    const read = readActivityEvent(one.event);
    if (read.kind === 'refused') {
      refuse(one.line, `${read.refused.field}: ${read.refused.reason}`);
      continue;
    }
    counts.events += 1;
    part.push(read.event);
    if (part.length < inPart) continue;
    await takeInPart(ports, name, part);
    part = [];
  }
  await takeInPart(ports, name, part);
}

async function takeInPart(ports: FilePorts, name: string, events: readonly ActivityEvent[]): Promise<void> {
  const { aggregates, archive, now } = ports;
  for (const [subscriptionId, of] of Map.groupBy(events, (event) => event.subscriptionId)) {
    // By what it holds: the same events in another file are the same part, another file of the same name is not.
    const cause = causeHash('event-file', ...of.map(({ id }) => id));
    const child = { id: `file:${cause}`, v: 1, kind: 'event-file-part' };
    if ((await aggregates.readBeside(besidePosition(subscriptionId, child.id))) !== undefined) continue;
    const party = await ports.partyOf(subscriptionId);
    const before = await aggregates.read<ActivityPosition>(positionAddress(subscriptionId));
    const fresh = await freshOf(aggregates, before, of);
    await archiveFresh(archive, { subscriptionId, party, to: now(), fresh });
    const batch = { name: `file ${cause}`, subscriptionId, party, events: fresh };
    const told = await tellBatch(ports, before, batch, (content) => ({
      state: { ...content, events: content.events + fresh.length },
      children: [child],
    }));
    if (told === 'overtaken')
      throw new KnownLater(`another reader is at ${subscriptionId}; ${name} is taken in after it`);
  }
}

function fileMessage(name: string, since: string): QueueEffect {
  return {
    to: 'queue',
    queue: 'intake',
    id: `event-file-${causeHash('event-file', name, since)}`,
    lane: 'event-files',
    body: { v: 1, kind: 'event-file', name },
  };
}
