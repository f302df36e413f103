import { blindIndex } from '../../shared/core/blind-index.ts';
import { keyRingOf } from '../../shared/core/key-ring.ts';
import type { Applicant } from '../../shared/onboarding/applicant.ts';
import type { SignUp } from '../../shared/onboarding/sign-up.ts';
import { signProof } from '../../shared/runtime/check-proof.ts';
import { readSettings } from '../../shared/runtime/settings.ts';
import type { RunningApp } from './an-app.ts';

/** A company that signs up: number n, that has nothing in common with the others. */
export const aCompany = (n: number, over: Partial<Applicant> = {}): Applicant => ({
  company: {
    name: `Kanarini Works ${n}`,
    country: 'GR',
    registrationNumber: `GR-77${n}`,
    domain: `kanarini-${n}.example`,
    postalAddress: `Canary Street ${n}`,
  },
  contact: {
    name: `Nikos Kanarinis ${n}`,
    email: `nikos${n}@kanarini-${n}.example`,
    phone: `+3069${String(10_000_000 + n * 7919)}`,
  },
  needs: { regions: ['westeurope'], serviceFamilies: ['Compute'], monthlyAmount: '400.00', currency: 'EUR' },
  collectionsPolicy: { version: '1', accepted: true },
  ...over,
});

/** What must stand nowhere in plain text, of anybody of `aCompany` and what people wrote about them. */
export const canaries = [
  ...['anarini', 'nikos', '+3069', 'Canary', 'GR-77', 'spoke to', 'vault/'],
  ...Array.from({ length: 20 }, (_, n) => aCompany(n).contact.phone.slice(1)),
];

type Role = 'Risk.Reader' | 'Risk.Analyst' | 'Risk.Approver' | 'Risk.Admin' | 'Risk.Auditor';

/** The sign-up page and the people behind it, as callers of the API. */
export function callersOf(app: RunningApp) {
  const settings = readSettings(process.env);
  const indexKeys = keyRingOf('INDEX_KEYS', settings.INDEX_KEYS ?? '');
  const send = async (method: string, path: string, token: string, body?: unknown, key?: string) => {
    const response = await fetch(`${app.host.url}${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        'x-forwarded-for': `${addressOf(key ?? '')}:50000`,
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, type: response.headers.get('content-type') ?? '', text, json: parsed(text) };
  };
  const proofOf = async (phone: string, minutes = 10) => {
    const phoneIndex = blindIndex(indexKeys, 'phone', phone);
    return await signProof(
      settings,
      { purpose: 'sign-up', phoneIndex, subject: phoneIndex },
      `proof-${phone}`,
      minutes,
    );
  };
  return {
    send,
    proofOf,
    person: (...roles: Role[]) =>
      app.issuer.mintPersonToken({
        ...{ tid: app.world.partner.tenantId, oid: roles.join('-').toLowerCase(), name: 'Ann', roles },
        audience: process.env['AUTH_AUDIENCE'] ?? '',
      }),
    /** Sends an application in and lets what follows from it finish. */
    async signUp(told: Applicant, key = `key-of-${told.company.domain}`) {
      const proof = await proofOf(told.contact.phone);
      const answer = await send('POST', '/api/signups', proof, told, key);
      await app.settled();
      return { ...answer, id: String(answer.json['id']), proof };
    },
    async stored(id: string): Promise<SignUp> {
      const { resource } = await app.containers('signups').item(id, `applicant:${id}`).read<SignUp>();
      if (resource === undefined) throw new Error(`there is no sign-up ${id}`);
      return resource;
    },
  };
}

/** Each application comes from an address of its own. */
const addressOf = (key: string): string =>
  `81.${[...key].reduce((sum, char) => (sum * 7 + char.charCodeAt(0)) % 251, 0)}.3.7`;

function parsed(text: string): Record<string, unknown> {
  try {
    return { ...JSON.parse(text) };
  } catch {
    return {};
  }
}
