import { signalMessage } from '../cases/signal-message.ts';
import { contentOf, type Decided, type Decision, type QueueEffect, type Root } from '../core/aggregate.ts';
import { causeHash } from '../core/ids.ts';
import type { PosturePolicy } from '../policy/posture-policy.ts';
import { judgePosture, type Part, type PostureFacts, type PostureFinding, type Unseen } from './posture.ts';
import { blindPostureSignal, postureSignal } from './posture-signals.ts';
import type { DirectorySeen, RolesSeen } from './read-posture.ts';
import { mergeHolders, type RoleWalk, walkedRoles } from './role-walk.ts';

/** A weakness that stands. */
export interface StandingFinding extends PostureFinding {
  readonly since: string;
  /** The points it was told with: told again only when it weighs more, or was gone and came back. */
  readonly told: number;
}

/** A part that may not be seen: nothing is known of it since, which is not "nothing is wrong". */
export interface BlindPart {
  readonly part: Part;
  readonly code: string;
  readonly text: string;
  readonly since: string;
  /** How many looks in a row. */
  readonly looks: number;
  readonly told: boolean;
}

/** What was last seen of a customer tenant's security. Beside its party; holds no personal data but object ids. */
export interface TenantPosture extends Root {
  readonly kind: 'posture';
  readonly party: string;
  readonly tenantId: string;
  readonly firstAskedAt: string;
  /** The end of the last look at everything. */
  readonly lookedAt?: string;
  /** The look that is under way, or was the last. */
  readonly look: string;
  /** Present while subscriptions of this look are left. */
  readonly walk?: RoleWalk;
  readonly facts: PostureFacts;
  /** When each part was last seen. */
  readonly seenAt: Readonly<Partial<Record<Part, string>>>;
  readonly findings: readonly StandingFinding[];
  readonly blind: readonly BlindPart[];
  /** Of the part that is blind the longest. Indexed: the sweep counts them. */
  readonly blindSince?: string;
}

/** Where a tenant's posture stands. */
export const postureAddress = (party: string) => ({ container: 'postures', partition: party, id: 'posture' }) as const;

/** A tenant's weaknesses beyond this are not kept one by one; they are the lightest. */
const keptFindings = 100;
/** Name of the look at first sight. */
export const firstLook = 'first';

/** Asks for the first look at a tenant, at its first sight. Undefined when it was asked for. Pure. */
export function decideFirstLook(
  state: TenantPosture | undefined,
  party: string,
  now: Date,
): Decision<TenantPosture> | undefined {
  if (state !== undefined) return undefined;
  return { state: blank(party, now.toISOString()), effects: [lookMessage(party, firstLook, '')] };
}

function blank(party: string, firstAskedAt: string): Decided<TenantPosture> {
  return {
    ...{ id: 'posture', v: 1, kind: 'posture', party, tenantId: party.replace(/^customer:/, ''), firstAskedAt },
    ...{ look: '', facts: {}, seenAt: {}, findings: [], blind: [] },
  };
}

/** One step of a look: the directory with the first, and some subscriptions with each. */
export interface LookStep {
  readonly party: string;
  readonly look: string;
  /** Subscriptions up to and with this id were seen by earlier steps; empty for the first. */
  readonly after: string;
  readonly directory: DirectorySeen | undefined;
  readonly roles: RolesSeen;
  /** The last subscription of this step, when there are more. */
  readonly next: string | undefined;
}

/** Whether a step goes on where the look stands: a stale or repeated one does not. */
export function isNextStep(
  state: TenantPosture | undefined,
  { look, after }: Pick<LookStep, 'look' | 'after'>,
): boolean {
  if (after === '') return state?.look !== look;
  return state?.walk?.look === look && state.walk.after === after;
}

/**
 * What a step of a look means: each part that was seen takes the place of what was seen before, each that was not is blind
 * and keeps what was last known. New and heavier weaknesses are told as one signal, new blindness as another. Pure.
 */
export function decideLook(
  state: TenantPosture | undefined,
  step: LookStep,
  policy: PosturePolicy,
  now: Date,
): Decision<TenantPosture> | undefined {
  if (!isNextStep(state, step)) return undefined;
  const at = now.toISOString();
  const { walk: before, ...content } = state === undefined ? blank(step.party, at) : contentOf(state);
  const walk = mergeHolders(step.after === '' ? undefined : before, step);
  const isLast = step.next === undefined;
  const roles = isLast ? walkedRoles(walk, content.facts['azure-roles']) : { facts: {}, unseen: [] };
  const seen: PostureFacts = { ...step.directory?.facts, ...roles.facts };
  const unseen = [...(step.directory?.unseen ?? []), ...roles.unseen];
  const facts = { ...content.facts, ...seen };
  const judged = judgePosture(facts, policy.partnerGroups);
  const fresh = judged.filter(({ key, points }) => points > (standing(content.findings, key)?.told ?? -1));
  const blind = blindAfter(content, partsOf(seen), unseen, at);
  const blindSince = blind.map(({ since }) => since).sort()[0];
  const { blindSince: _, ...rest } = content;
  const newlyBlind = blind.filter(({ part, told }) => told && !wasTold(content.blind, part, unseen));
  return {
    state: {
      ...rest,
      look: step.look,
      ...(isLast ? { lookedAt: at } : { walk }),
      facts,
      seenAt: { ...content.seenAt, ...Object.fromEntries(partsOf(seen).map((part) => [part, at])) },
      findings: judged.slice(0, keptFindings).map((one) => {
        const known = standing(content.findings, one.key);
        return { ...one, since: known?.since ?? at, told: Math.max(one.points, known?.told ?? 0) };
      }),
      blind,
      ...(blindSince === undefined ? {} : { blindSince }),
    },
    effects: [
      ...(fresh.length === 0 ? [] : [signalMessage(postureSignal(content, fresh, policy, at))]),
      ...(newlyBlind.length === 0 ? [] : [signalMessage(blindPostureSignal(content, newlyBlind, at))]),
      ...(step.next === undefined ? [] : [lookMessage(step.party, step.look, step.next)]),
    ],
  };
}

const partsOf = (facts: PostureFacts): readonly Part[] =>
  (['mfa', 'global-admins', 'security-defaults', 'contacts', 'azure-roles'] as const).filter(
    (part) => facts[part] !== undefined,
  );

const standing = (findings: readonly StandingFinding[], key: string) => findings.find((one) => one.key === key);

function wasTold(before: readonly BlindPart[], part: Part, unseen: readonly Unseen[]): boolean {
  const known = before.find((one) => one.part === part);
  if (known === undefined || !known.told) return false;
  const now = unseen.find((one) => one.part === part);
  return now === undefined || now.code === known.code;
}

/**
 * A part never seen is told as blind at once. One that was seen is told at the second look in a row that does not see it: the
 * report of registered methods refuses licensed tenants at times (microsoft-graph-docs 14118).
 */
function blindAfter(
  state: Pick<TenantPosture, 'blind' | 'seenAt'>,
  seen: readonly Part[],
  unseen: readonly Unseen[],
  at: string,
): readonly BlindPart[] {
  const untouched = state.blind.filter(({ part }) => !seen.includes(part) && !unseen.some((one) => one.part === part));
  const now = unseen.map((one): BlindPart => {
    const known = state.blind.find(({ part, code }) => part === one.part && code === one.code);
    const looks = (known?.looks ?? 0) + 1;
    const told = known?.told === true || state.seenAt[one.part] === undefined || looks >= 2;
    return { ...one, since: known?.since ?? at, looks, told };
  });
  return [...untouched, ...now].sort((a, b) => (a.part < b.part ? -1 : 1));
}

/** Asks for one step of a look at a tenant. */
export function lookMessage(party: string, look: string, after: string): QueueEffect {
  return {
    to: 'queue',
    queue: 'intake',
    id: `posture-${causeHash(party, look, after)}`,
    lane: party,
    body: { v: 1, kind: 'posture-look', party, look, after },
  };
}
