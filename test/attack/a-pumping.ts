import { createCounters } from '../../shared/azure/counters.ts';
import { blindIndex } from '../../shared/core/blind-index.ts';
import { sendPasscode } from '../../shared/onboarding/send-passcode.ts';
import type { CallEnd } from '../../shared/onboarding/sending.ts';
import { startPasscode } from '../../shared/onboarding/start-passcode.ts';
import { verifyPasscode } from '../../shared/onboarding/verify-passcode.ts';
import type { OtpPolicy } from '../../shared/policy/otp-policy.ts';
import { chance } from '../../shared/runtime/chance.ts';
import { concurrently } from '../bench/comparison.ts';
import { aPolicy, keys } from '../onboarding/a-phone.ts';
import type { World } from './a-world.ts';

/** What reached a handset. */
export interface Arrived {
  readonly to: string;
  readonly text: string;
}

/** The use-cases of passcodes over a real Cosmos DB endpoint, and a service that writes down what it is given. */
export function aPasscodeService(world: World, policy: Readonly<Record<string, unknown>> = {}) {
  const otp: OtpPolicy = aPolicy(policy);
  const arrived: Arrived[] = [];
  const service = { answer: (): CallEnd => ({ kind: 'accepted', messageId: `m-${arrived.length}` }) };
  const { aggregates, now } = world;
  const counters = createCounters(world.containers('counters'));
  const ports = { aggregates, now, counters, keys, otp, chance };
  const send = async (phoneIndex: string, challengeId: string) =>
    await sendPasscode(
      {
        ...{ aggregates, now, counters, otp },
        seals: keys.seals,
        partner: 'Contoso',
        indexOf: (digits) => blindIndex(keys.index, 'phone', `part|${digits}`),
        async sms({ to, text }) {
          arrived.push({ to, text });
          return service.answer();
        },
      },
      phoneIndex,
      challengeId,
    );
  return Object.assign(service, {
    arrived,
    counters,
    send,
    /** Asks for a code as somebody at that address. */
    start: async (phone: string, address?: string) =>
      await startPasscode(
        { ...ports, contactPhone: async () => undefined },
        { purpose: 'sign-up', phone },
        { address, device: undefined },
      ),
    verify: async (challengeId: string, code: string) =>
      await verifyPasscode({ ...ports, warn: () => {} }, challengeId, code, undefined),
    /** Delivers what waits in the queue `notifications`. */
    async deliver() {
      const waiting = world.sent.splice(0);
      world.sent.push(...waiting.filter(({ queue }) => queue !== 'notifications'));
      const bodies = waiting.flatMap(({ queue, message }) => (queue === 'notifications' ? [message.body] : []));
      await concurrently(bodies.length, 16, async (n) => {
        const { phoneIndex, challengeId } = bodies[n] ?? {};
        await send(String(phoneIndex), String(challengeId));
      });
    },
  });
}
