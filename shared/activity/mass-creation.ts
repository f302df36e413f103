import { causeHash } from '../core/ids.ts';
import { type Creating, type Creation, compare, earlier, later, type Memory } from './baseline.ts';
import type { ActivityEvent } from './event.ts';
import { type ActivityFinding, type DetectorRule, evidenceOf } from './finding.ts';

/** The detector of this file. */
export const massCreationRule: DetectorRule = {
  id: 'surety.mass-creation',
  version: '1',
  title: 'Many machines created by one caller',
};

const windowMs = 60 * 60 * 1000;
/** So many in one window are reported, and reported again when it has become much worse. */
const steps = [10, 50, 150] as const;
const firstPoints = 35;
const laterPoints = 10;
/** Creations looked at; more than the highest step needs. */
const remembered = 400;
/** A caller who does this daily is reported only for this many times its own most. */
const aboveOwnMost = 2;

/**
 * Counts what a caller created within an hour: each resource once, however many phases and deliveries. Call it for
 * creations that succeeded. One finding a caller, day and step.
 */
export function massCreation(memory: Memory, event: ActivityEvent): readonly ActivityFinding[] {
  const { key } = event.actor;
  const mine = remember(memory, { at: event.at, caller: key, resource: causeHash(event.resourceId) });
  const { count, from, to } = busiest(mine);
  const before = count === 0 ? 0 : noteCreating(memory, key, event.at, count);
  return steps
    .filter((step) => count >= step && count > aboveOwnMost * before)
    .map((step, index) => ({
      subject: 'compromise',
      rule: massCreationRule,
      points: index === 0 ? firstPoints : laterPoints,
      occurredAt: to,
      subscriptionId: event.subscriptionId,
      observed: `${key} created ${count} machines or clusters between ${from} and ${to}.`,
      normal: `Fewer than ${steps[0]} an hour; on earlier days this caller's most was ${before}.`,
      evidence: [evidenceOf(event)],
      eventId: causeHash(massCreationRule.id, event.subscriptionId, key, from.slice(0, 10), String(step)),
      shadow: false,
    }));
}

/** Adds a creation, each resource at its earliest, and answers the caller's that lie around it. */
function remember(memory: Memory, creation: Creation): readonly Creation[] {
  const same = memory.creations.find(
    ({ caller, resource }) => caller === creation.caller && resource === creation.resource,
  );
  const at = earlier(same?.at, creation.at);
  const kept = { ...creation, at };
  memory.creations = [...memory.creations.filter((other) => other !== same).slice(1 - remembered), kept];
  return memory.creations.filter(
    ({ caller, at: other }) => caller === creation.caller && Math.abs(Date.parse(other) - Date.parse(at)) <= windowMs,
  );
}

/** The fullest hour among these. */
function busiest(creations: readonly Creation[]): { count: number; from: string; to: string } {
  const times = creations.map(({ at }) => at).sort(compare);
  let best = { count: 0, from: '', to: '' };
  let start = 0;
  times.forEach((to, end) => {
    while (Date.parse(to) - Date.parse(times[start] ?? to) > windowMs) start++;
    if (end - start + 1 > best.count) best = { count: end - start + 1, from: times[start] ?? to, to };
  });
  return best;
}

/** Notes how much the caller creates and answers the most of its earlier days. */
function noteCreating(memory: Memory, key: string, at: string, count: number): number {
  const known: Creating = memory.creators.get(key) ?? { first: at, last: at, most: 0, today: 0 };
  const sameDay = known.last.slice(0, 10) === at.slice(0, 10);
  const newDay = !sameDay && compare(at, known.last) > 0;
  const most = newDay ? Math.max(known.most, known.today) : known.most;
  memory.creators.set(key, {
    first: earlier(known.first, at),
    last: later(known.last, at),
    most,
    today: newDay ? count : sameDay ? Math.max(known.today, count) : known.today,
  });
  return most;
}
