import { type AuditEffect, contentOf, type Decision, type Effect, type Root } from '../core/aggregate.ts';
import type { InstrumentPolicy } from '../policy/instrument-policy.ts';
import type { Funding, InstrumentChecks, InstrumentEvent } from './instrument-event.ts';
import { findingsOf, type InstrumentFinding } from './instrument-findings.ts';

/** Somebody else who presented the same card. */
export interface CardSharer {
  /** `applicant:{id}` or `customer:{tenant}`. */
  readonly subject: string;
  readonly closed: boolean;
}

/** One payment instrument, as the billing provider told it last. Never a card number; its fingerprint as blind index. */
export interface Instrument {
  readonly id: string;
  readonly kind: 'card' | 'bank_account' | 'wallet' | 'other';
  readonly funding: Funding;
  /** Where the funding is known from. */
  readonly fundingFrom: 'provider' | 'bin-range';
  readonly status: 'active' | 'failed' | 'removed';
  /** Blind index of the card's fingerprint. */
  readonly card?: string;
  readonly bin?: string;
  readonly country?: string;
  readonly issuer?: string;
  readonly checks: InstrumentChecks;
  /** Time of the event that told it last: an older one changes nothing. */
  readonly at: string;
  /** Parties that presented this card too, also closed ones; at most ten. */
  readonly sharedWith: readonly CardSharer[];
}

/** Something that happened to the instruments of a payer. */
export interface InstrumentChange {
  /** Of the inbox document that brought it. */
  readonly id: string;
  readonly at: string;
  readonly what: 'added' | 'changed' | 'removed' | 'failed';
}

/** What a payer pays with. */
export interface PayerInstruments extends Root {
  readonly kind: 'payer-instruments';
  readonly payer: string;
  readonly instruments: readonly Instrument[];
  /** Of the last 30 days. */
  readonly changes: readonly InstrumentChange[];
  /** Country of the payer, where it is known. */
  readonly country?: string;
  /** Time of the evidence that was told last. Each is later than the one before, because messages come in any order. */
  readonly evidenceAt: string;
  /** When a finding about the whole was told last, by its code. */
  readonly toldAt: Readonly<Record<string, string>>;
}

/** Where the instruments of a payer stand; `payer` is its party. */
export const instrumentsAddress = (payer: string) =>
  ({ container: 'instruments', partition: payer, id: payer }) as const;

/** What is known of an event besides itself. */
export interface InstrumentContext {
  /** Of the inbox document. */
  readonly causeId: string;
  readonly payer: string;
  /** What the BIN ranges say. */
  readonly bankSays: Funding;
  readonly card: string | undefined;
  readonly sharedWith: readonly CardSharer[];
  readonly country: string | undefined;
}

const windowMs = 30 * 24 * 3600_000;
const mostInstruments = 40;
const mostChanges = 200;
const mostSharers = 10;

/** What a decision about instruments tells: all that stands, and what this event is the cause of. */
export type Tell = (
  findings: readonly InstrumentFinding[],
  caused: readonly InstrumentFinding[],
  state: Pick<PayerInstruments, 'instruments' | 'evidenceAt'>,
) => readonly Effect[];

/**
 * Takes an event in. An older one than what is known of its instrument counts as a change, and changes nothing else:
 * webhooks come in any order. Pure.
 */
export function decideInstrument(
  before: PayerInstruments | undefined,
  event: InstrumentEvent,
  context: InstrumentContext,
  policy: InstrumentPolicy,
  now: Date,
  tell: Tell,
): Decision<PayerInstruments> {
  const { payer, causeId } = context;
  const known = before?.instruments ?? [];
  const told = instrumentOf(event, context);
  const old = known.find(({ id }) => id === told.id);
  const isNews = old === undefined || Date.parse(told.at) >= Date.parse(old.at);
  const instruments = isNews ? kept([...known.filter(({ id }) => id !== told.id), told]) : known;
  const what = changeOf(event.type, old, told);
  const changes = [
    ...(before?.changes ?? []),
    ...(what === undefined ? [] : [{ id: causeId, at: told.at, what } as const]),
  ].filter(({ at }) => now.getTime() - Date.parse(at) < windowMs);
  const country = context.country ?? before?.country;
  const facts = { instruments, changes: changes.slice(-mostChanges), ...(country === undefined ? {} : { country }) };
  const findings = findingsOf(facts, policy);
  const toldBefore = before?.toldAt ?? {};
  const caused = findings.filter(({ code, instrumentId }) =>
    instrumentId === undefined ? isToldAnew(toldBefore[code], now) : isNews && instrumentId === told.id,
  );
  const toldNow = caused.flatMap(({ code, instrumentId }) =>
    instrumentId === undefined ? [[code, now.toISOString()] as const] : [],
  );
  const state = {
    ...(before === undefined ? { id: payer, v: 1, kind: 'payer-instruments' as const, payer } : contentOf(before)),
    ...facts,
    evidenceAt: laterThan(before?.evidenceAt, now),
    toldAt: { ...toldBefore, ...Object.fromEntries(toldNow) },
  };
  const effects = [...tell(findings, caused, state), audited(event, told, context, now)];
  return { state, effects };
}

const laterThan = (before: string | undefined, now: Date): string =>
  new Date(Math.max(now.getTime(), before === undefined ? 0 : Date.parse(before) + 1)).toISOString();

const isToldAnew = (toldAt: string | undefined, now: Date): boolean =>
  toldAt === undefined || now.getTime() - Date.parse(toldAt) >= windowMs;

function instrumentOf({ type, timestamp, data }: InstrumentEvent, context: InstrumentContext): Instrument {
  const { id, kind, funding, bin, country, issuer } = data.instrument;
  const fromBank = kind === 'card' && funding === 'unknown' && context.bankSays !== 'unknown';
  const { card } = context;
  return {
    id,
    kind,
    funding: fromBank ? context.bankSays : funding,
    fundingFrom: fromBank ? 'bin-range' : 'provider',
    status:
      type === 'payment_instrument.removed' ? 'removed' : type === 'payment_instrument.failed' ? 'failed' : 'active',
    ...(card === undefined ? {} : { card }),
    ...(bin === undefined ? {} : { bin }),
    ...(country === undefined ? {} : { country }),
    ...(issuer === undefined ? {} : { issuer }),
    checks: data.checks,
    at: new Date(timestamp).toISOString(),
    sharedWith: context.sharedWith.slice(0, mostSharers),
  };
}

/** An update that leaves the card as it is (a new expiry date, an address) is no change. */
function changeOf(
  type: InstrumentEvent['type'],
  old: Instrument | undefined,
  told: Instrument,
): InstrumentChange['what'] | undefined {
  switch (type) {
    case 'payment_instrument.added':
      return 'added';
    case 'payment_instrument.removed':
      return 'removed';
    case 'payment_instrument.failed':
      return 'failed';
    case 'payment_instrument.updated':
      return old !== undefined && old.card === told.card && old.funding === told.funding ? undefined : 'changed';
  }
}

/** The newest; of too many those that were removed longest ago go first. */
function kept(instruments: readonly Instrument[]): readonly Instrument[] {
  if (instruments.length <= mostInstruments) return instruments;
  const byUse = instruments.toSorted(
    (one, other) =>
      Number(one.status === 'removed') - Number(other.status === 'removed') || (one.at < other.at ? 1 : -1),
  );
  return byUse.slice(0, mostInstruments);
}

const audited = (
  event: InstrumentEvent,
  { id, kind, funding, fundingFrom }: Instrument,
  { payer, causeId }: InstrumentContext,
  now: Date,
): AuditEffect => ({
  to: 'audit',
  id: causeId,
  party: payer,
  at: now.toISOString(),
  actor: 'billing',
  action: event.type.replace('payment_', '').replace('.', '-'),
  target: `instrument:${id}`,
  facts: { kind, funding, fundingFrom },
});
