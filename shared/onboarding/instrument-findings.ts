import type { InstrumentPolicy } from '../policy/instrument-policy.ts';
import type { Instrument, InstrumentChange } from './payer-instruments.ts';

/** One thing that is wrong with what a payer pays with, with the numbers that say so. */
export interface InstrumentFinding {
  /** Stable; a reason is `instrument.{code}`. */
  readonly code: string;
  readonly title: string;
  readonly points: number;
  readonly observed: string;
  readonly normal: string;
  /** Absent for what is of the payer as a whole. */
  readonly instrumentId?: string;
  /** Of an applicant the assessment of its identity counts it: here it is shown. */
  readonly ofIdentity?: boolean;
}

export interface InstrumentFacts {
  readonly instruments: readonly Instrument[];
  readonly changes: readonly InstrumentChange[];
  readonly country?: string;
}

/** Why an instrument is not taken, as a reason code; undefined when it may be used. Bank accounts have no funding. Pure. */
export function refusalOf({ kind, funding }: Pick<Instrument, 'kind' | 'funding'>): string | undefined {
  if (kind === 'bank_account') return undefined;
  switch (funding) {
    case 'prepaid':
      return 'prepaid';
    case 'stored_value':
      return 'stored-value';
    case 'unknown':
      return 'funding-unknown';
    case 'credit':
    case 'debit':
      return undefined;
  }
}

/** Whether it can be charged. */
export const isUsable = (one: Instrument): boolean => one.status === 'active' && refusalOf(one) === undefined;

const refusalTitles: Readonly<Record<string, string>> = {
  prepaid: 'A prepaid card was presented',
  'stored-value': 'A stored-value card was presented',
  'funding-unknown': 'Nobody knows how a card is funded',
};

/**
 * Everything that is wrong now: refused funding, cards shared with others, checks that failed, a card of another country, and
 * many changes or failures in 30 days. Removed instruments count by their changes alone. Pure.
 */
export function findingsOf(facts: InstrumentFacts, policy: InstrumentPolicy): readonly InstrumentFinding[] {
  const { points } = policy;
  const standing = facts.instruments.filter(({ status }) => status !== 'removed');
  const count = (isOne: (what: InstrumentChange['what']) => boolean) =>
    facts.changes.filter(({ what }) => isOne(what)).length;
  const failures = count((what) => what === 'failed');
  const changes = count((what) => what !== 'failed');
  return [
    ...standing.flatMap((one) => findingsAbout(one, facts.country, policy)),
    ...(changes >= policy.changesIn30Days
      ? [
          {
            code: 'changes',
            title: 'Payment instruments change often',
            points: points.changes,
            observed: `${changes} changes in 30 days`,
            normal: `fewer than ${policy.changesIn30Days}`,
          },
        ]
      : []),
    ...(failures >= policy.failuresIn30Days
      ? [
          {
            code: 'failures',
            title: 'Payment instruments fail often: cards may be tried out',
            points: points.failures,
            observed: `${failures} failures in 30 days`,
            normal: `fewer than ${policy.failuresIn30Days}`,
          },
        ]
      : []),
  ];
}

function findingsAbout(
  one: Instrument,
  country: string | undefined,
  { points }: InstrumentPolicy,
): readonly InstrumentFinding[] {
  const instrumentId = one.id;
  const found: InstrumentFinding[] = [];
  const find = (code: string, title: string, its: number, observed: string, normal: string) =>
    found.push({ code, title, points: its, observed, normal, instrumentId });
  const refusal = refusalOf(one);
  if (refusal !== undefined) {
    const by = one.fundingFrom === 'bin-range' ? 'its BIN range' : 'the billing provider';
    const observed = `${one.kind} ${one.id}: ${one.funding.replace('_', ' ')} by ${by}`;
    find(refusal, refusalTitles[refusal] ?? refusal, points.refused, observed, 'credit or debit');
  }
  if (one.sharedWith.length > 0) {
    const named = one.sharedWith.slice(0, 3).map(({ subject, closed }) => `${subject}${closed ? ' (closed)' : ''}`);
    found.push({
      code: 'shared',
      title: 'A card is shared with other payers',
      points: points.shared,
      observed: `${one.kind} ${one.id} was presented by ${one.sharedWith.length} others: ${named.join(', ')}`,
      normal: 'a card has one payer',
      instrumentId,
      ofIdentity: one.sharedWith.every(({ subject, closed }) => closed || subject.startsWith('applicant:')),
    });
  }
  if (one.country !== undefined && country !== undefined && one.country !== country) {
    const observed = `${one.kind} ${one.id} is from ${one.country}, its payer from ${country}`;
    find('country', 'The card is from another country', points.country, observed, 'the same country');
  }
  const { checks } = one;
  const failed = `${one.kind} ${one.id}: the issuer says no`;
  if (checks.name === 'fail') {
    find('name', 'The name is not the card holder’s', points.name, failed, 'the holder’s name');
  }
  if (checks.avs === 'fail') {
    find('address', 'The billing address is not the card holder’s', points.address, failed, 'the holder’s address');
  }
  if (checks.cvc === 'fail') {
    find('security-code', 'The card’s security code is wrong', points.securityCode, failed, 'the code on the card');
  }
  if (checks.three_d_secure === 'fail') {
    find('3d-secure', 'The card holder did not confirm', points.threeDSecure, failed, 'confirmed by 3-D Secure');
  }
  return found;
}
