import type { Signal } from '../cases/signal.ts';
import { signalId } from '../core/ids.ts';
import { detect, forget, matched } from './activity-decision.ts';
import type { ActivityPosition, Reading } from './activity-position.ts';
import { type ActivityBaseline, closeBaseline, compare, emptyBaseline, type Memory, openBaseline } from './baseline.ts';
import type { ActivityEvent } from './event.ts';
import type { ActivityFinding } from './finding.ts';
import type { RuleSet } from './sigma/rule-set.ts';

/** Events of one subscription that were not judged before, in order. */
export interface EventBatch {
  /** The same batch read again, after a crash, has the same name. */
  readonly name: string;
  readonly subscriptionId: string;
  readonly party: string;
  /** As `inOrder` leaves them. */
  readonly events: readonly ActivityEvent[];
  /** What happened before is history: it builds the baseline and is not told. Absent: all is told. */
  readonly newsSince?: string;
}

/** A place between two events of a batch; `partly` of the rules' findings of the next one are told. */
export interface Place {
  readonly index: number;
  readonly partly: number;
}

/** As much of a batch as one commit can tell. */
export interface ActivityPage {
  readonly baseline: ActivityBaseline;
  readonly toldIds: readonly string[];
  readonly signals: readonly Signal[];
  readonly next: Place;
}

/** With the five findings that detectors may add to the last event it is within a commit's effects and 100 KB. */
const pageSignals = 14;
const pageBytes = 14 * 1024;
const keptTold = 128;
const longestText = 1000;

/** Events in the order in which they are judged: by time, then by id. */
export const inOrder = (events: readonly ActivityEvent[]): readonly ActivityEvent[] =>
  events.toSorted((a, b) => compare(a.at, b.at) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));

/**
 * Where to go on in a batch. When late events have come in between, or it is another batch, all of it is judged again: that
 * repeats signals under their ids, and loses none.
 */
export function placeIn(batch: Pick<EventBatch, 'name' | 'events'>, reading: Reading | undefined): Place {
  const start = { index: 0, partly: 0 };
  if (reading === undefined || reading.of !== batch.name) return start;
  const index = batch.events.findIndex(({ id }) => id === reading.last) + 1;
  // Fewer is well: at first contact the oldest day falls out of the log.
  const isSame = reading.last === undefined ? reading.judged === 0 : index > 0 && index <= reading.judged;
  return isSame ? { index, partly: reading.partly } : start;
}

/** The place as the position keeps it. */
export function readingAt({ name, events }: EventBatch, { index, partly }: Place): Reading {
  const last = events[index - 1]?.id;
  return { of: name, judged: index, partly, ...(last === undefined ? {} : { last }) };
}

/**
 * Judges events from a place on until a commit is full, each event once, and the baseline goes along. An event that does not
 * fit begins the next page; one with more findings than a page holds is told in parts before it enters the baseline. Pure.
 */
export function decidePage(
  state: Pick<ActivityPosition, 'baseline' | 'toldIds'> | undefined,
  batch: EventBatch,
  from: Place,
  rules: RuleSet,
  now: Date,
): ActivityPage {
  const memory = openBaseline(state?.baseline ?? emptyBaseline(batch.subscriptionId));
  const page = pageOf(state?.toldIds ?? [], batch.party, now);
  let { index, partly } = from;
  for (; index < batch.events.length; index += 1) {
    const event = batch.events[index];
    if (event === undefined || page.isFull()) break;
    if (batch.newsSince !== undefined && compare(event.at, batch.newsSince) < 0) {
      detect(memory, event);
      continue;
    }
    historyLoaded(memory, batch);
    const rest = matched(event, rules).slice(partly);
    if (!page.takeAll(rest)) {
      partly += page.takeSome(rest);
      break;
    }
    partly = 0;
    for (const finding of detect(memory, event)) page.take(finding);
  }
  if (index === batch.events.length) historyLoaded(memory, batch);
  forget(memory, now.toISOString());
  return { baseline: closeBaseline(memory), ...page.end(), next: { index, partly } };
}

function historyLoaded(memory: Memory, { newsSince }: EventBatch): void {
  if (newsSince !== undefined) memory.historyLoadedThrough ??= newsSince;
}

/** Gathers the signals of a page: what was told lately is left out. */
function pageOf(toldIds: readonly string[], party: string, now: Date) {
  const told = new Set(toldIds);
  const signals: Signal[] = [];
  let bytes = 0;
  const isTold = ({ id }: Signal): boolean => {
    const short = id.slice(0, shortSignal);
    // What keeps firing is remembered longest.
    const known = told.delete(short);
    told.add(short);
    return known;
  };
  const add = (signal: Signal): void => {
    if (isTold(signal)) return;
    signals.push(signal);
    bytes += sizeOf(signal);
  };
  return {
    isFull: () => signals.length >= pageSignals || bytes >= pageBytes,
    take: (finding: ActivityFinding): void => add(signalOf(finding, party, now)),
    /** All of them, or none when they do not fit. */
    takeAll(findings: readonly ActivityFinding[]): boolean {
      const found = findings.map((finding) => signalOf(finding, party, now));
      const fresh = found.filter(({ id }) => !told.has(id.slice(0, shortSignal)));
      const size = fresh.reduce((sum, signal) => sum + sizeOf(signal), bytes);
      if (fresh.length > 0 && (signals.length + fresh.length > pageSignals || size > pageBytes)) return false;
      found.forEach(add);
      return true;
    },
    /** Into an empty page as many as it holds, at least one; answers how many were gone through. */
    takeSome(findings: readonly ActivityFinding[]): number {
      if (signals.length > 0) return 0;
      let taken = 0;
      for (const finding of findings) {
        const signal = signalOf(finding, party, now);
        if (signals.length > 0 && (signals.length === pageSignals || bytes + sizeOf(signal) > pageBytes)) break;
        add(signal);
        taken += 1;
      }
      return taken;
    },
    end: () => ({ signals, toldIds: [...told].slice(-keptTold) }),
  };
}

/** `sig-` and 64 bits. */
const shortSignal = 20;
const sizeOf = (signal: Signal): number => Buffer.byteLength(JSON.stringify(signal));

function signalOf(finding: ActivityFinding, party: string, now: Date): Signal {
  const { eventId, shadow, observed, normal, evidence, ...rest } = finding;
  return {
    v: 1,
    id: signalId(finding.rule.id, eventId),
    party,
    detectedAt: now.toISOString(),
    shadow,
    // Names in an event are of any length: a signal that could not be sent would hold up all behind it.
    observed: observed.slice(0, longestText),
    normal: normal.slice(0, longestText),
    evidence: evidence.map((one) => ({ ...one, text: one.text.slice(0, longestText) })),
    ...rest,
  };
}
