import type { Signal } from '../cases/signal.ts';
import { signalMessage } from '../cases/signal-message.ts';
import type { Effect } from '../core/aggregate.ts';
import { signalId } from '../core/ids.ts';
import type { InstrumentPolicy } from '../policy/instrument-policy.ts';
import type { Evidence, Reason } from './evidence.ts';
import { type InstrumentFinding, isUsable, refusalOf } from './instrument-findings.ts';
import type { PayerInstruments } from './payer-instruments.ts';
import { evidenceMessage } from './verification.ts';

const refusals = new Set(['prepaid', 'stored-value', 'funding-unknown']);
/** More reasons than this are no more telling. */
const mostReasons = 30;
const mostSignals = 15;

/**
 * Evidence about what an applicant pays with. Passed with an instrument that can be charged, failed with refused ones
 * alone; refused ones beside a good one are shown and count nothing. Pure.
 */
export function instrumentEvidence(
  causeId: string,
  findings: readonly InstrumentFinding[],
  { instruments, evidenceAt }: Pick<PayerInstruments, 'instruments' | 'evidenceAt'>,
  policy: InstrumentPolicy,
): Evidence {
  const usable = instruments.filter(isUsable).length;
  const refused = instruments.filter((one) => one.status !== 'removed' && refusalOf(one) !== undefined).length;
  const all = findings.map((finding): Reason => {
    const isRefusal = refusals.has(finding.code);
    const { code, title, points, observed, normal, ofIdentity = false } = finding;
    const countsNot = (isRefusal && usable > 0) || ofIdentity;
    return {
      id: `instrument.${code}`,
      title,
      points: countsNot ? 0 : points,
      observed,
      normal,
      weak: false,
      hardStop: isRefusal && usable === 0 && policy.refusedStops,
    };
  });
  // What counts stands, however many cards that count nothing were presented beside it.
  const reasons = all
    .toSorted((one, other) => Number(other.hardStop) - Number(one.hardStop) || other.points - one.points)
    .slice(0, mostReasons);
  return {
    id: causeId,
    kind: 'instrument',
    source: 'billing',
    checkedBy: 'billing',
    // Without any instrument, or with one that only failed once, there is nothing to judge yet.
    result: usable > 0 ? 'passed' : refused > 0 ? 'failed' : 'unknown',
    at: evidenceAt,
    reasons,
    facts: { usable, refused },
  };
}

/** What an applicant's instruments tell, as a message to its sign-up. Pure. */
export function applicantEffects(
  signUpId: string,
  causeId: string,
  findings: readonly InstrumentFinding[],
  state: Pick<PayerInstruments, 'instruments' | 'evidenceAt'>,
  policy: InstrumentPolicy,
): readonly Effect[] {
  return [evidenceMessage(signUpId, instrumentEvidence(causeId, findings, state, policy))];
}

/** What a customer's instruments tell, one signal a finding; the same finding on the same instrument is the same signal. Pure. */
export function customerEffects(
  payer: string,
  causeId: string,
  caused: readonly InstrumentFinding[],
  occurredAt: string,
  now: Date,
): readonly Effect[] {
  return caused.slice(0, mostSignals).map(({ code, title, points, observed, normal, instrumentId }) => {
    const rule = { id: `instrument.${code}`, version: '1', title };
    const at = now.toISOString();
    const signal: Signal = {
      v: 1,
      id: signalId(rule.id, `${payer} ${instrumentId ?? causeId}`),
      party: payer,
      subject: 'payment',
      rule,
      points,
      occurredAt,
      detectedAt: at,
      observed,
      normal,
      evidence: [{ source: 'billing', ref: causeId, text: title, at: occurredAt }],
      shadow: false,
    };
    return signalMessage(signal);
  });
}
