import type { Aggregates } from '../core/aggregate.ts';
import { blindIndex } from '../core/blind-index.ts';
import type { KeyRing } from '../core/key-ring.ts';
import { seal } from '../core/seal.ts';
import type { OtpPolicy } from '../policy/otp-policy.ts';
import { type Counters, raiseAll } from './counters.ts';
import { passcodeMac } from './passcode.ts';
import { type Ask, answerOf, decideStart, type Phone, phoneAddress } from './phone.ts';
import { phoneNumberOf } from './phone-number.ts';

export interface PasscodeKeys {
  readonly index: KeyRing;
  readonly peppers: KeyRing;
  readonly seals: KeyRing;
}

export interface StartPorts {
  readonly aggregates: Aggregates;
  readonly counters: Counters;
  readonly keys: PasscodeKeys;
  readonly otp: OtpPolicy;
  readonly now: () => Date;
  readonly chance: { passcode(): string; token(): string };
  /** The number that a customer's contact is enrolled with. */
  readonly contactPhone: (customer: string, contactId: string) => Promise<string | undefined>;
}

/** Who asks for a code, and for what. */
export type CodeRequest =
  | { readonly purpose: 'sign-up'; readonly phone: string }
  | { readonly purpose: 'sign-in'; readonly customer: string; readonly contactId: string };

/** Where a request comes from: the network address, and what the page says of the device. */
export interface Origin {
  readonly address: string | undefined;
  readonly device: string | undefined;
}

/** Number and code of a challenge, as they are sealed for the message. */
export const sealedFor = (challengeId: string): string => `phones|${challengeId}|sms`;

/**
 * Starts a challenge and answers the same, after the same work, whether the number is known, blocked, new, of a country that
 * gets no messages, or of a contact that does not exist. Throws when the store is away: without limits no code is made.
 */
export async function startPasscode(ports: StartPorts, request: CodeRequest, origin: Origin) {
  const { keys, otp } = ports;
  const now = ports.now();
  const [roomy, target] = await Promise.all([raiseOrigin(ports, origin, now), targetOf(ports, request)]);
  const challengeId = `${target.phoneIndex}.${ports.chance.token()}`;
  const code = ports.chance.passcode();
  const ask: Ask = {
    challengeId,
    phoneIndex: target.phoneIndex,
    purpose: request.purpose,
    subject: target.subject,
    sendable: roomy && target.sendable,
    code: passcodeMac(keys.peppers, challengeId, code),
    sealed: seal(keys.seals, sealedFor(challengeId), JSON.stringify({ phone: target.number, code })),
  };
  const address = phoneAddress(target.phoneIndex);
  const { state } = await ports.aggregates.act<Phone>(address, undefined, (phone) => decideStart(phone, ask, otp, now));
  if (state === undefined) throw new Error('a challenge was started and is not there');
  return answerOf(state, challengeId, otp, now);
}

async function raiseOrigin({ counters, keys, otp }: StartPorts, origin: Origin, now: Date): Promise<boolean> {
  const { address, device } = origin;
  const [byAddress, byDevice] = await Promise.all([
    address === undefined ||
      raiseAll(counters, 'address', blindIndex(keys.index, 'address', address), otp.address, now),
    device === undefined || raiseAll(counters, 'device', blindIndex(keys.index, 'device', device), otp.device, now),
  ]);
  return byAddress && byDevice;
}

interface Target {
  readonly number: string;
  readonly phoneIndex: string;
  readonly subject: string;
  readonly sendable: boolean;
}

/** Stands for the number of a contact that does not exist: never sent to. */
const noNumber = '+10000000000';

async function targetOf({ keys, otp, contactPhone }: StartPorts, request: CodeRequest): Promise<Target> {
  if (request.purpose === 'sign-up') {
    const read = phoneNumberOf(request.phone);
    const phoneIndex = blindIndex(keys.index, 'phone', read.number);
    return { number: read.number, phoneIndex, subject: phoneIndex, sendable: isReachable(read, otp) };
  }
  const subject = `${request.customer.toLowerCase()}|${request.contactId}`;
  const enrolled = await contactPhone(request.customer, request.contactId);
  const read = phoneNumberOf(enrolled ?? noNumber);
  // A contact that does not exist is a phone of its own, always the same.
  const phoneIndex = blindIndex(keys.index, 'phone', enrolled === undefined ? `none|${subject}` : read.number);
  return { number: read.number, phoneIndex, subject, sendable: isReachable(read, otp) };
}

/** Whether policy sends messages to such numbers at all. */
export function isReachable(
  { country, type }: { readonly country?: string; readonly type?: string },
  { countries, numberTypes }: OtpPolicy,
): boolean {
  return (
    country !== undefined &&
    countries.includes(country) &&
    type !== undefined &&
    numberTypes.some((one) => one === type)
  );
}
