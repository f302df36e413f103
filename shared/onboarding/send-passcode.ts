import { z } from 'zod';
import { KnownLater } from '../core/failures.ts';
import { causeHash } from '../core/ids.ts';
import type { KeyRing } from '../core/key-ring.ts';
import { unseal } from '../core/seal.ts';
import { type GuardPorts, guardSend } from './guard-send.ts';
import { passcodeText } from './passcode.ts';
import { type Challenge, type Phone, phoneAddress } from './phone.ts';
import { phoneNumberOf } from './phone-number.ts';
import { type CallEnd, decideRefused, decideSending, decideSent, sendStep } from './sending.ts';
import { sealedFor } from './start-passcode.ts';

/** Sends one text message by one request that is never repeated, and says how that ended. Does not throw. */
export type SendSms = (message: {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** Comes back in the delivery report. */
  readonly tag: string;
}) => Promise<CallEnd>;

export interface SendPorts extends GuardPorts {
  readonly seals: KeyRing;
  readonly partner: string;
  readonly sms: SendSms;
}

/** What a message of a challenge is tagged with: opaque, and the same each time. */
export const tagOf = (challengeId: string): string => causeHash('sms', challengeId);

const Sealed = z.object({ phone: z.string(), code: z.string() });

/**
 * Sends the message of a challenge, at most once: `sending` is written before the call, and a redelivery that finds it does not
 * call again. A call that surely did nothing is made again later while the code lives.
 */
export async function sendPasscode(ports: SendPorts, phoneIndex: string, challengeId: string): Promise<void> {
  const address = phoneAddress(phoneIndex);
  const phone = await ports.aggregates.read<Phone>(address);
  const step = sendStep(phone, challengeId, ports.now());
  const end = (how: CallEnd) =>
    ports.aggregates.act<Phone>(address, undefined, (one) => decideSent(one, challengeId, how, ports.now()));
  if (step.kind === 'interrupted') return void (await end({ kind: 'unknown', why: 'broken off during the call' }));
  if (step.kind === 'nothing') return;
  // Not how many there are by now: of messages that wait long, none would be the first.
  const isFirst = phone?.sends[0] === step.challenge.startedAt;
  const how = await claimAndCall(ports, step.challenge, phoneIndex, isFirst);
  if (how === undefined) return;
  await end(how);
  if (how.kind === 'not-now') throw new KnownLater(`a message waits: ${how.why}`, { retryAfterMs: how.retryAfterMs });
}

/** Undefined when it was refused, or another one claimed it. */
async function claimAndCall(
  ports: SendPorts,
  challenge: Challenge,
  phoneIndex: string,
  isFirst: boolean,
): Promise<CallEnd | undefined> {
  const { id, purpose } = challenge;
  const address = phoneAddress(phoneIndex);
  const { phone: number, code } = Sealed.parse(JSON.parse(unseal(ports.seals, sealedFor(id), challenge.sealed ?? '')));
  // A call that surely did nothing was counted, and cost nothing: the next one takes its place.
  const counted = challenge.send.statistics;
  const guarded =
    ports.otp.sender === ''
      ? ({ kind: 'refused', why: 'policy names no sender' } as const)
      : counted !== undefined
        ? ({ kind: 'may', statistics: counted } as const)
        : await guardSend(ports, phoneNumberOf(number), { purpose, isFirst });
  if (guarded.kind === 'refused') {
    await ports.aggregates.act<Phone>(address, undefined, (one) => decideRefused(one, id, guarded.why, ports.now()));
    return undefined;
  }
  const claimed = await ports.aggregates.act<Phone>(address, undefined, (one) =>
    decideSending(one, id, guarded.statistics, ports.now()),
  );
  if (claimed.kind !== 'committed') return undefined;
  const text = passcodeText(code, purpose, ports.partner, ports.otp);
  return await ports.sms({ from: ports.otp.sender, to: number, text, tag: tagOf(id) });
}
