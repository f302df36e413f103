import { createLinkShelf } from '../../../shared/azure/link-queries.ts';
import { contentOf } from '../../../shared/core/aggregate.ts';
import { keyRingOf } from '../../../shared/core/key-ring.ts';
import { type Applicant, type KnownApplicant, sealApplicant } from '../../../shared/onboarding/applicant.ts';
import type { Evidence } from '../../../shared/onboarding/evidence.ts';
import { assessIdentity, type IdentityPorts } from '../../../shared/onboarding/identity/assess-identity.ts';
import { packLists, type SignUpLists } from '../../../shared/onboarding/lists/sign-up-lists.ts';
import { type SignUp, signUpAddress } from '../../../shared/onboarding/sign-up.ts';
import { IdentityPolicy } from '../../../shared/policy/identity-policy.ts';
import type { World } from '../../attack/a-world.ts';
import { aPolicy, aSignUp } from '../a-sign-up.ts';

const key = (letter: string): string => Buffer.alloc(32, letter).toString('base64');
export const indexKeys = keyRingOf('INDEX_KEYS', `1:${key('i')}`);
export const rotatedIndexKeys = keyRingOf('INDEX_KEYS', `2:${key('n')},1:${key('i')}`);
export const sealKeys = keyRingOf('SEAL_KEYS', `1:${key('s')}`);

export interface ApplicantOver {
  readonly company?: Partial<Applicant['company']>;
  readonly contact?: Partial<Applicant['contact']>;
  readonly tenantId?: string;
  readonly deviceSignature?: string;
  readonly address?: string;
}

/** Applicant number n, who has nothing in common with the others. */
export function anApplicant(n: number, over: ApplicantOver = {}): KnownApplicant {
  const { company, contact, address, ...others } = over;
  const domain = company?.domain ?? `company-${n}.example`;
  return {
    told: {
      company: {
        name: `Company ${n}`,
        country: 'GR',
        registrationNumber: `GR-${100_000 + n}`,
        domain,
        postalAddress: `Street ${n}, Athens`,
        ...company,
      },
      contact: {
        name: `Person ${n}`,
        email: `person${n}@${domain}`,
        phone: `+3069${String(10_000_000 + n * 37)}`,
        ...contact,
      },
      deviceSignature: `device-${n}`,
      ...others,
      needs: { regions: ['westeurope'], serviceFamilies: ['Compute'], monthlyAmount: '100.00', currency: 'EUR' },
      collectionsPolicy: { version: '1', accepted: true },
    },
    address: address ?? `10.${(n >> 8) & 255}.${n & 255}.7`,
  };
}

const start = Date.parse('2026-11-24T08:00:00.000Z');
/** So many minutes after eight o'clock. */
export const minute = (minutes: number): string => new Date(start + Math.round(minutes * 60_000)).toISOString();

/** Sign-ups of a store, assessed as messages come. */
export function someApplicants(world: World, over: Partial<IdentityPorts> = {}) {
  const again: { readonly id: string; readonly signUpId: string }[] = [];
  let messages = 0;
  const portsOf = (more: Partial<IdentityPorts> = {}): IdentityPorts => ({
    aggregates: world.aggregates,
    now: world.now,
    decideBy: aPolicy(),
    shelf: createLinkShelf(world.containers('links')),
    indexKeys,
    sealKeys,
    policy: IdentityPolicy.parse({}),
    lists: async (): Promise<SignUpLists> => packLists([], []),
    mailOf: async () => 'unknown',
    registeredAt: async () => undefined,
    assessAgain: async (asked) => void again.push(...asked),
    ...over,
    ...more,
  });
  const read = (id: string) => world.aggregates.read<SignUp>(signUpAddress(id));
  const identityOf = async (id: string): Promise<Evidence> => {
    const evidence = (await read(id))?.evidence.find(({ kind }) => kind === 'identity');
    if (evidence === undefined) throw new Error(`${id} has no evidence of identity`);
    return evidence;
  };
  return {
    ...{ again, read, identityOf, portsOf },
    /** Stores a sign-up that started then. */
    async begin(id: string, known: KnownApplicant, startedAt: string): Promise<void> {
      const signUp: SignUp = {
        ...aSignUp({ id, startedAt }),
        ...{ sealedApplicant: sealApplicant(sealKeys, id, known), evidence: [] },
        awaiting: [{ kind: 'identity', deadline: minute(24 * 60) }],
      };
      await world.aggregates.act<SignUp>(signUpAddress(id), undefined, () => ({ state: contentOf(signUp) }));
    },
    /** Delivers the message that asks for an assessment. */
    async deliver(id: string, messageId = `first-${id}`, more: Partial<IdentityPorts> = {}): Promise<void> {
      await assessIdentity(portsOf(more), { signUpId: id, again: false }, messageId);
    },
    /** Delivers every message that asks for another look, until there is none. */
    async settle(): Promise<void> {
      for (let asked = again.shift(); asked !== undefined; asked = again.shift()) {
        messages += 1;
        await assessIdentity(portsOf(), { signUpId: asked.signUpId, again: true }, `${asked.id}-${messages}`);
      }
    },
  };
}
export type SomeApplicants = ReturnType<typeof someApplicants>;

/** Points by reason, without those that are none. */
export const pointsIn = (evidence: Evidence): Readonly<Record<string, number>> =>
  Object.fromEntries(
    evidence.reasons
      .filter(({ points }) => points !== 0)
      .map(({ id, points }) => [id.replace('identity.', ''), points]),
  );
