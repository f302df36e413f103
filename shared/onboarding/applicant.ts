import { domainToASCII } from 'node:url';
import { z } from 'zod';
import type { KeyRing } from '../core/key-ring.ts';
import { seal, unseal } from '../core/seal.ts';

const text = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^\P{Cc}*$/u, 'must hold no control characters');

/** Names of Azure: in plain text beside the application, so nothing else fits in. */
const azureName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 .,&()+/-]{0,79}$/, 'must be a name as Azure writes it');

/** What a customer means to use, by its own account. */
export const Needs = z.strictObject({
  regions: z.array(azureName).max(50),
  serviceFamilies: z.array(azureName).max(50),
  monthlyAmount: z.string().regex(/^\d{1,9}(\.\d{1,4})?$/, 'must be a decimal number in quotes, like "1500.00"'),
  currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code like "EUR"'),
});
export type Needs = z.infer<typeof Needs>;

/** What an applicant tells about itself. Personal: it is stored sealed only, and never logged. */
export const Applicant = z.strictObject({
  company: z.strictObject({
    name: text(200),
    /** ISO 3166-1 alpha-2. */
    country: z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 code like "GR"'),
    registrationNumber: text(60).optional(),
    /** Of its web site, e.g. `fabrikam.example`; may hold other scripts, which are compared in their ASCII form. */
    domain: text(253).refine((domain) => /^[^/:@\s]+\.[^/:@\s]+$/.test(domain) && domainToASCII(domain) !== '', {
      message: 'must be a domain like "fabrikam.example"',
    }),
    postalAddress: text(400).optional(),
  }),
  contact: z.strictObject({
    name: text(200),
    email: text(254).regex(/^[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)+$/, 'must be an e-mail address'),
    /** E.164, the number that the passcode proved. */
    phone: z.string().regex(/^\+[1-9][0-9]{6,14}$/, 'must be a number in E.164 form like "+306900000000"'),
  }),
  /** The Microsoft tenant that is to be billed through the partner, when there is one. */
  tenantId: z.uuid().optional(),
  /** What the sign-up page's script calls this device. A weak sign: easily shared, easily changed. */
  deviceSignature: text(200).optional(),
  /** What it means to use: the ground of its first budget. */
  needs: Needs,
  /** Version of the partner's terms on paying late, as accepted. */
  collectionsPolicy: z.strictObject({ version: text(60), accepted: z.literal(true) }),
});
export type Applicant = z.infer<typeof Applicant>;

/** An applicant as it is kept: what it told, and the address that it called from. */
export const KnownApplicant = z.object({ told: Applicant, address: z.string().max(64).optional() });
export type KnownApplicant = z.infer<typeof KnownApplicant>;

const boundTo = (signUpId: string): string => `signups|${signUpId}|applicant`;

/** Seals what is known of an applicant for its sign-up only. */
export const sealApplicant = (keys: KeyRing, signUpId: string, known: KnownApplicant): string =>
  seal(keys, boundTo(signUpId), JSON.stringify(known));

/** Opens it again. Throws when it was moved, changed, or its key is gone. */
export const openApplicant = (keys: KeyRing, signUpId: string, sealed: string): KnownApplicant =>
  KnownApplicant.parse(JSON.parse(unseal(keys, boundTo(signUpId), sealed)));
