import { causeHash } from '../core/ids.ts';
import { compare, type Memory, type Seen, see } from './baseline.ts';
import type { ActivityEvent } from './event.ts';
import { type ActivityFinding, type DetectorRule, evidenceOf } from './finding.ts';
import { isLarge, type MachineSize } from './machine-size.ts';
import type { BodyFacts } from './operation-body.ts';

const caller: DetectorRule = {
  id: 'surety.first-compute-caller',
  version: '1',
  title: 'GPU or large machines by a caller who never created compute here',
};
const family: DetectorRule = {
  id: 'surety.first-large-family',
  version: '1',
  title: 'First GPU or large size of its family',
};
const region: DetectorRule = { id: 'surety.first-region', version: '1', title: 'First compute in a region' };

/** The detectors of this file. */
export const firstSeenRules: readonly DetectorRule[] = [caller, family, region];

const dayMs = 24 * 60 * 60 * 1000;
/** What was first seen within this time is still new: who begins with a small machine does not become known by it. */
const newForDays = 7;

/** True when something was not there before this week, seen from `at`. */
export const isNew = (seen: Seen | undefined, at: string): boolean =>
  seen === undefined || Date.parse(at) - Date.parse(seen.first) < newForDays * dayMs;

/**
 * What is new about an operation that creates compute. One finding a caller, a family or a region, whatever the order in
 * which its events come. Call it for every phase that did not fail; what the event shows goes into `memory` afterwards.
 */
export function firstSeen(memory: Memory, event: ActivityEvent, body: BodyFacts): readonly ActivityFinding[] {
  const findings: ActivityFinding[] = [];
  const large = body.sizes.find(isLarge);
  const { key } = event.actor;
  const creators = [...memory.creators].filter(([, seen]) => !isNew(seen, event.at));
  const unknownCaller = isNew(memory.creators.get(key), event.at);
  if (large !== undefined && unknownCaller)
    findings.push(
      callerFinding(
        memory,
        event,
        body,
        creators.map(([name]) => name),
      ),
    );
  const families = known(memory.families, event.at);
  if (large !== undefined && !unknownCaller && !families.includes(large.family)) {
    findings.push(familyFinding(memory, event, large, families));
  }
  const regions = known(memory.regions, event.at);
  // The first region of all is no news: something has to be created somewhere.
  if (body.region !== undefined && regions.length > 0 && !regions.includes(body.region)) {
    findings.push(regionFinding(memory, event, body.region, regions));
  }
  for (const size of body.sizes) see(memory.families, size.family, event.at);
  if (body.region !== undefined) see(memory.regions, body.region, event.at);
  return findings;
}

function callerFinding(
  memory: Memory,
  event: ActivityEvent,
  body: BodyFacts,
  creators: readonly string[],
): ActivityFinding {
  const sizes = body.sizes.filter(isLarge).map(sizeText).join(', ');
  const seen = memory.callers.get(event.actor.key);
  const knownFor =
    seen === undefined || compare(seen.first, event.at) >= 0 ? 'never seen here before' : `first seen ${seen.first}`;
  const where = body.region === undefined ? '' : ` in ${body.region}`;
  return {
    ...common(memory, event, caller, 40, [event.actor.key]),
    observed: `${event.actor.key} (${knownFor}) asked for ${sizes}${where}.`,
    normal: `${since(memory, event.at)}this caller created no compute; ${creators.length === 0 ? 'nobody did' : `${creators.length} others did (${some(creators)})`}.`,
  };
}

function familyFinding(
  memory: Memory,
  event: ActivityEvent,
  size: MachineSize,
  families: readonly string[],
): ActivityFinding {
  return {
    ...common(memory, event, family, 10, [size.family]),
    subject: 'spend',
    observed: `${event.actor.key} asked for ${sizeText(size)}, the first of family ${size.family} here.`,
    normal: `${since(memory, event.at)}${families.length === 0 ? 'no sizes were seen' : `the families in use were ${some(families)}`}.`,
  };
}

function regionFinding(
  memory: Memory,
  event: ActivityEvent,
  name: string,
  regions: readonly string[],
): ActivityFinding {
  return {
    ...common(memory, event, region, 10, [name]),
    observed: `${event.actor.key} created compute in ${name}, where this subscription had none.`,
    normal: `${since(memory, event.at)}compute was created in ${regions.length} regions: ${some(regions)}.`,
  };
}

function common(memory: Memory, event: ActivityEvent, rule: DetectorRule, points: number, cause: readonly string[]) {
  return {
    subject: 'compromise' as const,
    rule,
    points,
    occurredAt: event.at,
    subscriptionId: event.subscriptionId,
    evidence: [evidenceOf(event)],
    eventId: causeHash(rule.id, event.subscriptionId, ...cause),
    shadow: memory.historyLoadedThrough === undefined,
  };
}

const known = (seen: ReadonlyMap<string, Seen>, at: string): readonly string[] =>
  [...seen].filter(([, value]) => !isNew(value, at)).map(([name]) => name);

const sizeText = (size: MachineSize): string => `${size.name} (${size.vcpus} cores${size.gpu ? ', GPU' : ''})`;

/** How far back the comparison reaches: a week is left out, for what began in it is still new. */
function since({ knownSince }: Memory, at: string): string {
  const days = knownSince === undefined ? 0 : Math.floor((Date.parse(at) - Date.parse(knownSince)) / dayMs);
  if (days < newForDays) return `Only ${days} days of this subscription are known: `;
  return `In the ${days} days that are known, up to a week before, `;
}

const some = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
