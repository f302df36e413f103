import type { DecisionPolicy } from '../policy/decision-policy.ts';
import type { LoadedPolicy } from '../policy/policy.ts';
import type { Needs } from './applicant.ts';
import { type Evidence, type EvidenceKind, evidenceKindOf, type Reason } from './evidence.ts';
import { type Terms, termsOf } from './terms.ts';

/** A line of the sum: a reason with the evidence that it stands in. */
export interface CountedReason extends Reason {
  readonly evidenceId: string;
  readonly kind: EvidenceKind;
  readonly source: string;
}

/** Wanted evidence that does not stand, and why. */
export interface Gap {
  readonly kind: EvidenceKind;
  readonly why: 'missing' | 'unknown' | 'expired' | 'failed';
}

export type DecisionOutcome = 'approve' | 'refer' | 'decline' | 'more-evidence';

/** What the rules say about an application, with everything that it adds up from. */
export interface OnboardingDecision {
  readonly outcome: DecisionOutcome;
  /** In words, without personal data. */
  readonly why: string;
  readonly at: string;
  readonly policyHash: string;
  /** Sum of the strong reasons and what the weak ones count. */
  readonly score: number;
  /** The sum as written, e.g. `30 + 15 (weak, of 40) = 45`. */
  readonly scoreIs: string;
  readonly reasons: readonly CountedReason[];
  readonly weak: { readonly sum: number; readonly counted: number; readonly cap: number };
  /** End the application whatever the sum is. */
  readonly hardStops: readonly CountedReason[];
  readonly gaps: readonly Gap[];
  readonly terms: Terms;
}

/** What only the applicant can bring. Everything else that is missing is for a person to look at. */
const broughtByApplicant: readonly EvidenceKind[] = ['document', 'instrument'];

/** Kinds of evidence without which nobody is approved by a machine. */
export const wantedKinds = (policy: LoadedPolicy): readonly EvidenceKind[] => [
  ...new Set<EvidenceKind>([
    'phone',
    'identity',
    'needs',
    'collections-policy',
    ...policy.onboarding.verification.kinds.map(evidenceKindOf),
    ...policy.onboarding.decision.requires,
  ]),
];

/** True while evidence counts. */
export const stands = (evidence: Evidence, now: Date): boolean =>
  evidence.expiresAt === undefined || evidence.expiresAt > now.toISOString();

/**
 * Decides on an application from its evidence: hard stops decline; a sum from `declineFrom` on declines, unless it is only what is shared
 * with others (digital identity) that reaches it; wanted evidence that is
 * missing, unknown, expired or failed is never a pass; up to `approveUpTo` it is approved, in between a person decides. Weak
 * reasons count up to a cap that cannot reach a person by itself, and take nothing off the others. Pure.
 */
export function decideOnboarding(
  evidence: readonly Evidence[],
  needs: Needs,
  policy: LoadedPolicy,
  now: Date,
): OnboardingDecision {
  const rules = policy.onboarding.decision;
  const standing = evidence.filter((one) => stands(one, now));
  const all = standing.flatMap(({ id, kind, source, reasons }) =>
    reasons.map((reason): CountedReason => ({ ...reason, evidenceId: id, kind, source })),
  );
  const hardStops = all.filter(({ hardStop }) => hardStop);
  const reasons = all.filter(({ hardStop }) => !hardStop).sort((one, other) => other.points - one.points);
  const sum = scoreOf(reasons, rules);
  const gaps = gapsOf(evidence, wantedKinds(policy), now);
  const credit = standing
    .filter(({ kind, result }) => kind === 'credit' && result === 'passed')
    .sort((one, other) => (one.at > other.at ? -1 : 1))[0];
  const { currency } = policy.partner;
  const isComparable = needs.currency === currency;
  const apart = scoreOf(
    reasons.filter(({ kind }) => kind !== 'identity'),
    rules,
  ).score;
  const found = { score: sum.score, apart, hardStops, gaps, isComparable, currency: needs.currency };
  return {
    ...outcomeOf(found, rules),
    at: now.toISOString(),
    policyHash: policy.hash,
    ...sum,
    reasons,
    hardStops,
    gaps,
    terms: termsOf({ score: sum.score, needs, credit, policy: rules, currency }),
  };
}

type Sum = Pick<OnboardingDecision, 'score' | 'scoreIs' | 'weak'>;

function scoreOf(reasons: readonly CountedReason[], { weakCap: cap }: DecisionPolicy): Sum {
  const strong = reasons.filter(({ weak, points }) => !weak && points !== 0).map(({ points }) => points);
  const weak = reasons.filter((reason) => reason.weak).reduce((total, { points }) => total + points, 0);
  // Below nothing they take nothing off: what an applicant merely tells would outweigh what is known of it.
  const counted = Math.max(0, Math.min(cap, weak));
  const parts = [
    ...strong.map((points) => ({ points, label: '' })),
    ...(weak === 0 ? [] : [{ points: counted, label: counted === weak ? ' (weak)' : ` (weak, of ${weak})` }]),
  ];
  const score = strong.reduce((total, points) => total + points, 0) + counted;
  return { score, scoreIs: `${sumText(parts)} = ${score}`, weak: { sum: weak, counted, cap } };
}

/** As people write a sum, e.g. `25 + 25 - 5 (weak)`. */
function sumText(parts: readonly { readonly points: number; readonly label: string }[]): string {
  const [first, ...rest] = parts;
  if (first === undefined) return '0';
  const signed = rest.map(({ points, label }) => `${points < 0 ? '-' : '+'} ${Math.abs(points)}${label}`);
  return [`${first.points}${first.label}`, ...signed].join(' ');
}

/** A real answer that stands outweighs silence about the same kind; a failed one is a gap, whatever its points are. */
function gapsOf(evidence: readonly Evidence[], wanted: readonly EvidenceKind[], now: Date): readonly Gap[] {
  return wanted.flatMap((kind): readonly Gap[] => {
    const ofKind = evidence.filter((one) => one.kind === kind);
    const standing = ofKind.filter((one) => stands(one, now));
    if (ofKind.length === 0) return [{ kind, why: 'missing' }];
    if (standing.some(({ result }) => result === 'failed')) return [{ kind, why: 'failed' }];
    if (standing.some(({ result }) => result === 'passed')) return [];
    return [{ kind, why: standing.length > 0 ? 'unknown' : 'expired' }];
  });
}

interface Found {
  readonly score: number;
  /** The score without what is shared with others. */
  readonly apart: number;
  readonly hardStops: readonly CountedReason[];
  readonly gaps: readonly Gap[];
  readonly isComparable: boolean;
  readonly currency: string;
}

function outcomeOf(
  { score, apart, hardStops, gaps, isComparable, currency }: Found,
  { approveUpTo, declineFrom }: DecisionPolicy,
): Pick<OnboardingDecision, 'outcome' | 'why'> {
  const [stop] = hardStops;
  if (stop !== undefined)
    return { outcome: 'decline', why: `Hard stop: ${hardStops.map((one) => one.title).join('; ')}` };
  // Anybody can fill in forms in the name of a company: what it shares with them ends nobody's application by itself.
  if (score >= declineFrom && apart <= approveUpTo)
    return {
      outcome: 'refer',
      why: `The score is ${score}, but ${apart} without what is shared with others: a person decides`,
    };
  if (score >= declineFrom)
    return { outcome: 'decline', why: `The score is ${score}, from ${declineFrom} on it is declined` };
  if (score > approveUpTo)
    return { outcome: 'refer', why: `The score is ${score}, above ${approveUpTo} a person decides` };
  const forPerson = gaps.filter(({ kind, why }) => !isForApplicant(kind, why));
  if (forPerson.length > 0) return { outcome: 'refer', why: `Not proven: ${gapsText(forPerson)}` };
  if (gaps.length > 0) return { outcome: 'more-evidence', why: `Wanted from the applicant: ${gapsText(gaps)}` };
  if (!isComparable)
    return { outcome: 'refer', why: `Needs are told in ${currency}; without a rate no budget can be set` };
  return {
    outcome: 'approve',
    why: `The score is ${score}, up to ${approveUpTo} with everything proven it is approved`,
  };
}

const isForApplicant = (kind: EvidenceKind, why: Gap['why']): boolean =>
  broughtByApplicant.includes(kind) && (why === 'missing' || why === 'expired');

const gapsText = (gaps: readonly Gap[]): string => gaps.map(({ kind, why }) => `${kind} (${why})`).join(', ');
