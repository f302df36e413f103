import type { Aggregates } from '../core/aggregate.ts';
import type { OtpPolicy } from '../policy/otp-policy.ts';
import { type Breaker, type BreakerCause, breakerAddress, decideOpen } from './breaker.ts';
import { type Counters, raiseAll, windowCounter } from './counters.ts';
import { dailyCap, messageCost } from './message-cost.ts';
import type { Purpose } from './phone.ts';
import type { PhoneNumber } from './phone-number.ts';

export interface GuardPorts {
  readonly aggregates: Aggregates;
  readonly counters: Counters;
  readonly otp: OtpPolicy;
  readonly now: () => Date;
  /** Blind index of a prefix or block of numbers: counters are named by it. */
  readonly indexOf: (digits: string) => string;
}

export type Guarded =
  | { readonly kind: 'may'; readonly statistics: string }
  | { readonly kind: 'refused'; readonly why: string };

const refused = (why: string): Guarded => ({ kind: 'refused', why });
const day = 1440;
const dayTtl = 2 * day * 60;

/**
 * Raises what a message counts for, the money last: prefix, sequence, conversion, country, the day's cost. What stops a prefix
 * raises one signal. Sign-ins go to numbers that people of the partner enrolled: nobody can pump through them, and what is done
 * to a prefix must not keep customers out, so that only country and cost stop them.
 */
export async function guardSend(
  ports: GuardPorts,
  phone: PhoneNumber,
  { purpose, isFirst }: { readonly purpose: Purpose; readonly isFirst: boolean },
): Promise<Guarded> {
  const { counters, otp } = ports;
  const now = ports.now();
  const country = phone.country ?? '';
  const breaker = await ports.aggregates.read<Breaker>(breakerAddress(phone.prefix));
  const prefixIndex = `${ports.indexOf(phone.prefix)}.${breaker?.openings ?? 0}`;
  // Apart for sign-ins: their right codes must not speak for messages that nobody answered.
  const statistics = windowCounter(purpose === 'sign-up' ? 'conversion' : 'answers', prefixIndex, day, now);
  if (purpose === 'sign-up') {
    const stopped = await guardPrefix(ports, phone, { breaker, prefixIndex, statistics, isFirst });
    if (stopped !== undefined) return stopped;
  }
  if (!(await raiseAll(counters, 'country', country, otp.country, now))) return refused(`limit of ${country}`);
  const cap = dailyCap(otp);
  if (await counters.raise(windowCounter('cost', 'partner', day, now), messageCost(country, otp), cap, dayTtl)) {
    return { kind: 'may', statistics };
  }
  await stop(ports, 'daily-cost', 'daily-cost', {
    observed: `one more message would cost more than the ${otp.cost.perDay} that a day's messages may cost`,
    normal: `at most ${otp.cost.perDay} a day`,
  });
  return refused('daily cost');
}

interface PrefixState {
  readonly breaker: Breaker | undefined;
  readonly prefixIndex: string;
  readonly statistics: string;
  readonly isFirst: boolean;
}

async function guardPrefix(ports: GuardPorts, phone: PhoneNumber, state: PrefixState): Promise<Guarded | undefined> {
  const { counters, otp, now } = ports;
  const { prefix, block } = phone;
  if (state.breaker?.status === 'open') return refused('prefix stopped');
  if (!(await raiseAll(counters, 'prefix', state.prefixIndex, otp.prefix, now())))
    return refused('limit of the prefix');
  const { minutes, most } = otp.sequence;
  // A number counts once a day among those that follow each other, however often it is sent to.
  const blockCounter = windowCounter(
    'block',
    `${ports.indexOf(block)}.${state.breaker?.openings ?? 0}`,
    minutes,
    now(),
  );
  if (state.isFirst && !(await counters.raise(blockCounter, 1, most, 2 * minutes * 60))) {
    await stop(ports, prefix, 'sequence', {
      observed: `more than ${most} numbers of ${prefix}… that differ in their last two digits asked within ${minutes} minutes`,
      normal: `at most ${most}`,
    });
    return refused('numbers in sequence');
  }
  if (await counters.raiseSent(state.statistics, otp.conversion, dayTtl)) return undefined;
  const { count, verified, delivered, undelivered } = await counters.read(state.statistics);
  await stop(ports, prefix, 'conversion', {
    observed: `${verified} of ${count} codes to ${prefix}… were used; carriers reported ${delivered} delivered, ${undelivered} not`,
    normal: `${otp.conversion.leastPercent} % or more`,
  });
  return refused('prefix stopped');
}

async function stop(
  { aggregates, now }: GuardPorts,
  name: string,
  cause: BreakerCause,
  told: { readonly observed: string; readonly normal: string },
): Promise<void> {
  await aggregates.act<Breaker>(breakerAddress(name), undefined, (breaker) =>
    decideOpen(breaker, { name, cause, ...told }, now()),
  );
}
