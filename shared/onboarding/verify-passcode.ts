import type { Aggregates } from '../core/aggregate.ts';
import { blindIndex } from '../core/blind-index.ts';
import { TooManyConflicts } from '../core/failures.ts';
import type { KeyRing } from '../core/key-ring.ts';
import type { OtpPolicy } from '../policy/otp-policy.ts';
import { type Counters, raiseAll } from './counters.ts';
import { decideGuess, decideSuccess } from './guess.ts';
import { isPasscode } from './passcode.ts';
import { type Challenge, type Phone, phoneAddress, phoneIndexOf } from './phone.ts';

export interface VerifyPorts {
  readonly aggregates: Aggregates;
  readonly counters: Counters;
  readonly keys: { readonly index: KeyRing; readonly peppers: KeyRing };
  readonly otp: OtpPolicy;
  readonly now: () => Date;
  readonly chance: { below(below: number): number };
  readonly warn: (text: string) => void;
}

/** Conflicts on the phone's document after which a guess is refused without being compared. */
const mostConflicts = 20;
/** What is refused without a guess writes into one of so many counters, so that it takes as long as what is counted. */
const refusalBuckets = 64;

/**
 * Checks a code: the guess is counted by one conditional write, then compared, then the challenge is used up by another one.
 * Answers the challenge, or undefined for every refusal alike: wrong, used, expired, unknown, locked.
 */
export async function verifyPasscode(
  ports: VerifyPorts,
  challengeId: string,
  code: string,
  address: string | undefined,
): Promise<Challenge | undefined> {
  const now = ports.now();
  const roomy =
    address === undefined ||
    (await raiseAll(ports.counters, 'guess', blindIndex(ports.keys.index, 'address', address), ports.otp.guesses, now));
  const counted = await countGuess(ports, challengeId, roomy, now);
  if (counted === undefined) {
    await ports.counters.raise(`refused|${ports.chance.below(refusalBuckets)}`, 1, Number.MAX_SAFE_INTEGER, 3600);
    return undefined;
  }
  if (!isPasscode(ports.keys.peppers, challengeId, counted.code, code)) return undefined;
  return await useUp(ports, counted, now);
}

async function countGuess(
  { aggregates, otp }: VerifyPorts,
  challengeId: string,
  roomy: boolean,
  now: Date,
): Promise<Challenge | undefined> {
  const phoneIndex = phoneIndexOf(challengeId);
  // An id that was never given out is looked for all the same.
  const address = phoneAddress(phoneIndex ?? 'none');
  const decide = (phone: Phone | undefined) =>
    roomy && phoneIndex !== undefined ? decideGuess(phone, challengeId, otp, now) : undefined;
  try {
    const outcome = await aggregates.act<Phone>(address, undefined, decide, undefined, mostConflicts);
    if (outcome.kind !== 'committed') return undefined;
    return outcome.state.challenges.find(({ id }) => id === challengeId);
  } catch (error) {
    if (error instanceof TooManyConflicts) return undefined;
    throw error;
  }
}

async function useUp(ports: VerifyPorts, challenge: Challenge, guessedAt: Date): Promise<Challenge | undefined> {
  const phoneIndex = phoneIndexOf(challenge.id) ?? 'none';
  const used = await ports.aggregates.act<Phone>(phoneAddress(phoneIndex), undefined, (phone) =>
    decideSuccess(phone, challenge.id, guessedAt, ports.now()),
  );
  if (used.kind !== 'committed') return undefined;
  const statistics = used.state.challenges.find(({ id }) => id === challenge.id)?.send.statistics;
  if (statistics !== undefined) {
    // The code is used up: whoever gave it gets its proof. One that is not counted stops a prefix earlier, never later.
    await ports.counters.note(statistics, 'verified', 2 * 24 * 3600).catch((error: unknown) => {
      ports.warn(`a right code was not counted in ${statistics}: ${String(error)}`);
    });
  }
  return challenge;
}
