import { z } from 'zod';
import { blindIndex } from '../core/blind-index.ts';
import { customerParty } from '../core/ids.ts';
import type { Breaker } from '../onboarding/breaker.ts';
import type { SendSms } from '../onboarding/send-passcode.ts';
import { type App, credentialOf } from './compose.ts';
import { onboardingKeys } from './onboarding-keys.ts';
import { isLoopback } from './settings.ts';

const Phone = z.string().regex(/^\+[1-9][0-9]{6,14}$/, 'must be a number in E.164 form like "+306900000000"');
const ContactId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be up to 64 letters, digits, ".", "_", "-"');

/** Body of `POST /api/otp`. For a sign-in the number is the enrolled one, never the caller's. */
export const CodeRequest = z.discriminatedUnion('purpose', [
  z.strictObject({ purpose: z.literal('sign-up'), phone: Phone }),
  z.strictObject({ purpose: z.literal('sign-in'), customer: z.uuid(), contactId: ContactId }),
]);
export type CodeRequest = z.infer<typeof CodeRequest>;

/** Body of `POST /api/otp/{id}/verify`. */
export const Guess = z.strictObject({ code: z.string().regex(/^[0-9]{6}$/, 'must be six digits') });

/** Body of `POST /api/customers/{id}/contacts`. */
export const Enrolment = z.strictObject({ contactId: ContactId, phone: Phone, reason: z.string().min(3).max(2000) });

/** Body of `POST /api/otp/breakers/{prefix}`. */
export const BreakerChange = z.strictObject({ reason: z.string().min(3).max(2000) });

interface Headers {
  get(name: string): string | null;
}

/** Starts a challenge. */
export const startOtp = (app: App, request: CodeRequest, headers: Headers) =>
  notBefore(app, start(app, request, headers));

/** The signed proof that a right code is answered with; undefined for every refusal alike. */
export const verifyOtp = (app: App, challengeId: string, code: string, headers: Headers) =>
  notBefore(app, verify(app, challengeId, code, headers));

/** The work's result or failure, after the time that policy says: how long it took is not to be seen. Real time. */
async function notBefore<T>(app: App, work: Promise<T>): Promise<T> {
  const waited = new Promise((resolve) => setTimeout(resolve, app.policy.onboarding.otp.answerAfterMs));
  return await work.finally(() => waited);
}

async function start(app: App, request: CodeRequest, headers: Headers) {
  const [{ startPasscode }, { contactPhone }, { chance }, ports, origin] = await Promise.all([
    import('../onboarding/start-passcode.ts'),
    import('../customers/enrol-contact.ts'),
    import('./chance.ts'),
    otpPorts(app),
    originOf(headers),
  ]);
  const { seals } = ports.keys;
  const phoneOf = (customer: string, contactId: string) =>
    contactPhone({ aggregates: app.aggregates, seals }, customerParty(customer), contactId);
  return await startPasscode({ ...ports, chance, contactPhone: phoneOf }, request, origin);
}

async function verify(app: App, challengeId: string, code: string, headers: Headers) {
  const [{ verifyPasscode }, { phoneIndexOf }, { checkProof, signProof }, { chance }, ports, { address }] =
    await Promise.all([
      import('../onboarding/verify-passcode.ts'),
      import('../onboarding/phone.ts'),
      import('./check-proof.ts'),
      import('./chance.ts'),
      otpPorts(app),
      originOf(headers),
    ]);
  const proven = await verifyPasscode({ ...ports, chance, warn: console.warn }, challengeId, code, address);
  if (proven === undefined) return undefined;
  const { purpose, subject } = proven;
  const claims = { purpose, subject, phoneIndex: phoneIndexOf(challengeId) ?? '' };
  const proof = await signProof(app.settings, claims, challengeId, app.policy.onboarding.otp.proofMinutes);
  const checked = await checkProof(proof, app.settings);
  if (checked === undefined) throw new Error('a proof that was just signed does not hold: see PROOF_KEYS');
  return { proof, expiresAt: checked.expiresAt };
}

/** Sends the message of a challenge. */
export async function sendOtp(app: App, message: { readonly phoneIndex: string; readonly challengeId: string }) {
  const [{ sendPasscode }, ports, sms] = await Promise.all([
    import('../onboarding/send-passcode.ts'),
    otpPorts(app),
    smsOf(app),
  ]);
  const { index, seals } = ports.keys;
  // Beside phones of the same kind: a prefix is no E.164 number, so that the two never meet.
  const indexOf = (digits: string) => blindIndex(index, 'phone', `part|${digits}`);
  const partner = app.policy.partner.name;
  await sendPasscode({ ...ports, indexOf, seals, partner, sms }, message.phoneIndex, message.challengeId);
}

/** Enrols a contact's number. */
export async function enrol(app: App, party: string, enrolment: z.infer<typeof Enrolment>, person: string) {
  const [{ enrolContact }, { phoneNumberOf }] = await Promise.all([
    import('../customers/enrol-contact.ts'),
    import('../onboarding/phone-number.ts'),
  ]);
  const { aggregates, now, settings } = app;
  const ports = {
    ...{ aggregates, now },
    index: onboardingKeys(settings, 'INDEX_KEYS'),
    seals: onboardingKeys(settings, 'SEAL_KEYS'),
  };
  const { number, type, country } = phoneNumberOf(enrolment.phone);
  const enrolled = await enrolContact(ports, party, { ...enrolment, phone: number }, person);
  const last = number.slice(-2);
  return {
    enrolled,
    shown: { contactId: enrolment.contactId, phone: `${number.slice(0, 3)}•••${last}`, type, country },
  };
}

/** Closes what stopped messages to a prefix; undefined when nothing ever did. Closing twice is closing once. */
export async function closeBreaker(app: App, name: string, reason: string, person: string) {
  const prefix = /^\d/.test(name) ? `+${name}` : name;
  // Ids of documents are parts of addresses: what no breaker can be called is not asked for.
  if (!/^(\+\d{2,8}|daily-cost)$/.test(prefix)) return undefined;
  const { breakerAddress, decideClose } = await import('../onboarding/breaker.ts');
  const { state } = await app.aggregates.act<Breaker>(breakerAddress(prefix), undefined, (breaker) =>
    decideClose(breaker, person, reason, app.now()),
  );
  if (state === undefined) return undefined;
  const { status, cause, openedAt, closedAt } = state;
  return { name: state.name, status, cause, openedAt, closedAt: closedAt ?? null, asOf: app.now().toISOString() };
}

/** Keys and counters of passcodes. */
async function otpPorts({ aggregates, containers, policy, now, settings }: App) {
  const { createCounters } = await import('../azure/counters.ts');
  return {
    ...{ aggregates, now },
    otp: policy.onboarding.otp,
    counters: createCounters(containers('counters')),
    keys: {
      index: onboardingKeys(settings, 'INDEX_KEYS'),
      peppers: onboardingKeys(settings, 'OTP_PEPPERS'),
      seals: onboardingKeys(settings, 'SEAL_KEYS'),
    },
  };
}

/** The caller's address (of IPv6 its network of 64 bits, which one machine has whole) and what the page calls the device. */
async function originOf(headers: Headers) {
  const { callerAddress } = await import('./caller-address.ts');
  const address = callerAddress(headers);
  const device = headers.get('x-device-signature')?.slice(0, 200) ?? undefined;
  if (address?.includes(':') !== true) return { address, device };
  const { default: ipaddr } = await import('ipaddr.js');
  const network = ipaddr.IPv6.parse(address).parts.slice(0, 4).join(':');
  return { address: `${network}/64`, device };
}

const clients = new WeakMap<App['settings'], Promise<SendSms>>();

/** One client a process. */
function smsOf(app: App) {
  const known = clients.get(app.settings);
  if (known !== undefined) return known;
  const opened = openSms(app);
  clients.set(app.settings, opened);
  opened.catch(() => clients.delete(app.settings));
  return opened;
}

async function openSms({ settings }: App) {
  const { createSms } = await import('../azure/sms.ts');
  const { COMMUNICATION: connectionString, COMMUNICATION_ENDPOINT: endpoint } = settings;
  const url = /(?:^|;)endpoint=([^;]+)/i.exec(connectionString ?? '')?.[1] ?? endpoint ?? '';
  if (url === '') return async () => ({ kind: 'rejected', why: 'COMMUNICATION is not set' }) as const;
  const allowHttp = isLoopback(url);
  if (connectionString !== undefined) return createSms({ connectionString, allowHttp });
  return createSms({ endpoint, credential: await credentialOf(settings), allowHttp });
}
