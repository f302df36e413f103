import type { Aggregates } from '../core/aggregate.ts';
import { blindIndexes } from '../core/blind-index.ts';
import type { KeyRing } from '../core/key-ring.ts';
import type { InstrumentPolicy } from '../policy/instrument-policy.ts';
import { openApplicant } from './applicant.ts';
import { type BinRanges, fundingOfBin } from './bin-ranges.ts';
import { applicantEffects, customerEffects } from './instrument-effects.ts';
import { type InstrumentEvent, payerOf } from './instrument-event.ts';
import {
  type CardSharer,
  decideInstrument,
  type InstrumentContext,
  instrumentsAddress,
  type PayerInstruments,
} from './payer-instruments.ts';
import { type SignUp, signUpAddress } from './sign-up.ts';

/** Who presented a card, as `link-identity.ts` noted it. */
export interface CardSharers {
  /** Everybody under any of the card's blind indexes, also whose account is closed. */
  of(indexes: readonly string[]): Promise<readonly CardSharer[]>;
}

export interface InstrumentPorts {
  readonly aggregates: Aggregates;
  readonly policy: InstrumentPolicy;
  readonly indexKeys: KeyRing;
  readonly sealKeys: KeyRing;
  readonly cardSharers: CardSharers;
  readonly binRanges: () => Promise<BinRanges>;
  readonly now: () => Date;
}

/**
 * Takes one event about a payment instrument in, once; its card has been linked before. `causeId` is the inbox document's id. An applicant's instruments
 * become evidence, a customer's become signals.
 */
export async function takeInInstrument(ports: InstrumentPorts, event: InstrumentEvent, causeId: string): Promise<void> {
  const { aggregates, policy, now } = ports;
  const payer = payerOf(event);
  const { fingerprint, bin } = event.data.instrument;
  const indexes = fingerprint === undefined ? [] : blindIndexes(ports.indexKeys, 'card', fingerprint);
  const context: InstrumentContext = {
    causeId,
    payer,
    bankSays: fundingOfBin(await ports.binRanges(), bin),
    card: indexes[0],
    sharedWith: await othersWith(ports, indexes, payer),
    country: event.data.payer.country ?? (await countryOf(ports, event)),
  };
  await aggregates.act<PayerInstruments>(instrumentsAddress(payer), causeId, (before) =>
    decideInstrument(before, event, context, policy, now(), (findings, caused, state) =>
      'signUpId' in event.data.payer
        ? applicantEffects(event.data.payer.signUpId, causeId, findings, state, policy)
        : customerEffects(payer, causeId, caused, event.timestamp, now()),
    ),
  );
}

/** Others that presented the card. The payer's own sign-up is no other. */
async function othersWith(
  ports: InstrumentPorts,
  indexes: readonly string[],
  payer: string,
): Promise<readonly CardSharer[]> {
  const tenantId = await tenantOf(ports, payer);
  const others: CardSharer[] = [];
  for (const sharer of await ports.cardSharers.of(indexes)) {
    if (sharer.subject === payer) continue;
    if (tenantId === undefined || (await tenantOf(ports, sharer.subject)) !== tenantId) others.push(sharer);
  }
  return others;
}

/** Tenant of a party; of an applicant the one that it named, if it is still known. */
async function tenantOf(ports: InstrumentPorts, party: string): Promise<string | undefined> {
  const [kind, id = ''] = party.split(':');
  if (kind === 'customer') return id;
  return (await toldBy(ports, id))?.tenantId?.toLowerCase();
}

async function countryOf(ports: InstrumentPorts, { data: { payer } }: InstrumentEvent): Promise<string | undefined> {
  return 'signUpId' in payer ? (await toldBy(ports, payer.signUpId))?.company.country : undefined;
}

async function toldBy({ aggregates, sealKeys }: InstrumentPorts, signUpId: string) {
  const signUp = await aggregates.read<SignUp>(signUpAddress(signUpId));
  if (signUp?.sealedApplicant === undefined) return undefined;
  return openApplicant(sealKeys, signUpId, signUp.sealedApplicant).told;
}
