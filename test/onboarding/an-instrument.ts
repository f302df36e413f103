import type { InstrumentEvent } from '../../shared/onboarding/instrument-event.ts';

type Instrument = InstrumentEvent['data']['instrument'];

/** Parts of an event about a payment instrument. */
export interface EventParts {
  readonly type?: string;
  readonly timestamp?: string;
  readonly payer?: object;
  readonly instrument?: Partial<Instrument> & object;
  readonly checks?: object;
}

/** The body of a webhook: a credit card of Greece was added by the sign-up `su-1`. */
export const anInstrumentEvent = ({ type, timestamp, payer, instrument, checks }: EventParts = {}) => ({
  type: type ?? 'payment_instrument.added',
  timestamp: timestamp ?? '2026-11-20T12:00:00Z',
  data: {
    payer: payer ?? { signUpId: 'su-1' },
    instrument: {
      id: 'pm-1',
      kind: 'card',
      funding: 'credit',
      fingerprint: 'fp-of-one-card-1',
      bin: '40001234',
      country: 'GR',
      ...instrument,
    },
    ...(checks === undefined ? {} : { checks }),
  },
});
