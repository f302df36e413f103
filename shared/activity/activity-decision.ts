import {
  type ActivityBaseline,
  closeBaseline,
  compare,
  earlier,
  later,
  type Memory,
  openBaseline,
  see,
} from './baseline.ts';
import { createsCompute } from './compute.ts';
import type { ActivityEvent } from './event.ts';
import { type ActivityFinding, evidenceOf, operationId, sentenceOf } from './finding.ts';
import { firstSeen } from './first-seen.ts';
import { massCreation } from './mass-creation.ts';
import { bodyFacts } from './operation-body.ts';
import { grantsRole, roleGrant } from './role-grant.ts';
import type { SigmaRule } from './sigma/rule.ts';
import type { RuleSet } from './sigma/rule-set.ts';

export interface ActivityDecision {
  readonly baseline: ActivityBaseline;
  /** Each cause once, in the order of the events. */
  readonly findings: readonly ActivityFinding[];
}

const dayMs = 24 * 60 * 60 * 1000;
/** An operation whose other phases have not come by then is forgotten. */
const pendingForDays = 2;
/** Creations are counted within an hour; a day lets late events still find theirs. */
const creationsForDays = 1;

/**
 * What the events of one subscription mean: what rules match and what is new against its past. Pure; events may come in
 * any order, twice, and phase by phase: a fact has one `eventId` and the baseline is the same. `now` is ISO 8601.
 */
export function decideActivity(
  baseline: ActivityBaseline,
  events: readonly ActivityEvent[],
  rules: RuleSet,
  now: string,
): ActivityDecision {
  const memory = openBaseline(baseline);
  const findings = new Map<string, ActivityFinding>();
  const ordered = [...events].sort((a, b) => compare(a.at, b.at) || (a.id < b.id ? -1 : 1));
  for (const event of ordered) {
    for (const finding of lookAt(memory, event, rules)) {
      const cause = `${finding.rule.id} ${finding.eventId}`;
      if (!findings.has(cause)) findings.set(cause, finding);
    }
  }
  forget(memory, now);
  return { baseline: closeBaseline(memory), findings: [...findings.values()] };
}

function lookAt(memory: Memory, event: ActivityEvent, rules: RuleSet): readonly ActivityFinding[] {
  return [...matched(event, rules), ...detect(memory, event)];
}

/** What the rules say of one event: nothing but the event decides it. Pure. */
export const matched = (event: ActivityEvent, rules: RuleSet): readonly ActivityFinding[] =>
  rules.match(event.raw).map((rule) => ruleFinding(rule, event));

/**
 * What our own detectors say of one event against `memory`, and what it adds to that: at most five findings (a
 * caller or a family, a region, three steps of mass creation). Call it for each event, in order of time as far as that is known.
 */
export function detect(memory: Memory, event: ActivityEvent): readonly ActivityFinding[] {
  const findings: ActivityFinding[] = [];
  const { operation, outcome, actor } = event;
  memory.knownSince = earlier(memory.knownSince, event.at);
  if (outcome !== 'failure' && createsCompute(operation)) {
    findings.push(...firstSeen(memory, event, bodyFacts(event)));
    noteCreator(memory, event);
    if (outcome === 'success') findings.push(...massCreation(memory, event));
  }
  if (outcome !== 'failure' && grantsRole(operation)) findings.push(...roleGrant(memory, event, bodyFacts(event)));
  see(memory.callers, actor.key, event.at);
  if (actor.objectId !== undefined) see(memory.principals, actor.objectId, event.at);
  if (actor.tenantId !== undefined) see(memory.tenants, actor.tenantId, event.at);
  return findings;
}

function noteCreator(memory: Memory, { actor, at }: ActivityEvent): void {
  const known = memory.creators.get(actor.key);
  // `last` is the day that `today` counts: mass creation moves it on.
  if (known === undefined) memory.creators.set(actor.key, { first: at, last: at, most: 0, today: 0 });
  else memory.creators.set(actor.key, { ...known, first: earlier(known.first, at) });
}

function ruleFinding(rule: SigmaRule, event: ActivityEvent): ActivityFinding {
  const harmless = rule.falsePositives.filter((text) => !/^(unknown|unlikely|none)\.?$/i.test(text)).slice(0, 2);
  return {
    subject: rule.subject,
    rule: { id: rule.id, version: rule.version, title: rule.title },
    points: rule.points,
    occurredAt: event.at,
    subscriptionId: event.subscriptionId,
    observed: sentenceOf(event),
    normal: harmless.length === 0 ? 'None of these at all.' : `None, or for a reason such as: ${harmless.join(' ')}`,
    evidence: [evidenceOf(event)],
    eventId: operationId(event),
    shadow: false,
  };
}

/** Drops what is too old to matter. `now` is ISO 8601. */
export function forget(memory: Memory, now: string): void {
  const newest = memory.creations.reduce((last, { at }) => later(last, at), '1970-01-01T00:00:00Z');
  // An event from the future must not make the past forgotten.
  const until = Date.parse(earlier(newest, now));
  memory.creations = memory.creations.filter(({ at }) => until - Date.parse(at) <= creationsForDays * dayMs);
  const lastSeen = [...memory.callers.values()].reduce((last, seen) => later(last, seen.last), '1970-01-01T00:00:00Z');
  const pendingUntil = Date.parse(earlier(lastSeen, now));
  for (const [id, { at }] of memory.pending) {
    if (pendingUntil - Date.parse(at) > pendingForDays * dayMs) memory.pending.delete(id);
  }
}
