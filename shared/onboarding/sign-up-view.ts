import type { KeyRing } from '../core/key-ring.ts';
import { type Applicant, openApplicant } from './applicant.ts';
import { openWords } from './sealed-words.ts';
import type { SignUp } from './sign-up.ts';

/** What an answer to `POST /api/signups` says: the same at every repetition. */
export const receiptOf = ({ id, startedAt, expiresAt }: SignUp) => ({
  id,
  startedAt,
  expiresAt,
  status: `/api/signups/${id}`,
});

/** What applicants see of their own application: where it stands and what is wanted, never why. */
export const ownView = ({ id, status, startedAt, expiresAt, awaiting, documents, ended }: SignUp) => ({
  id,
  status: statusForApplicant(status),
  startedAt,
  expiresAt,
  wanted: status === 'more-evidence' ? awaiting.map(({ kind, deadline }) => ({ kind, until: deadline })) : [],
  documents: documents.filter(({ by }) => by === 'applicant').map(({ at, sha256 }) => ({ at, sha256 })),
  endedAt: ended?.at ?? null,
});

/** That a person looks is none of an applicant's business: it would tell which trick raised suspicion. */
const statusForApplicant = (status: SignUp['status']): SignUp['status'] =>
  status === 'referred' || status === 'started' ? 'verifying' : status;

/** A sign-up as lists show it: no personal data. */
export function signUpSummary(signUp: SignUp) {
  const { id, party, status, startedAt, expiresAt, referral, decision, ended, version } = signUp;
  return {
    id,
    party,
    status,
    startedAt,
    expiresAt,
    version,
    score: decision?.score ?? null,
    why: decision?.why ?? '',
    decideBy: status === 'referred' ? (referral?.expiresAt ?? null) : null,
    endedAt: ended?.at ?? null,
  };
}

/**
 * A sign-up with all that was found and how it adds up. Personal data is masked; notes and references are for those who work on
 * it (`seesWords`).
 */
export function signUpView(signUp: SignUp, keys: KeyRing, seesWords: boolean) {
  const { id, needs, collectionsPolicy, tenantId, awaiting, evidence, decision, referral, ended, asked, erasedAt } =
    signUp;
  const opened = (of: string, sealed: string | undefined) =>
    sealed === undefined || !seesWords ? null : openWords(keys, id, of, sealed);
  return {
    ...signUpSummary(signUp),
    applicant:
      signUp.sealedApplicant === undefined ? null : masked(openApplicant(keys, id, signUp.sealedApplicant).told),
    tenantId: tenantId ?? null,
    needs,
    collectionsPolicy,
    awaiting,
    asked: asked ?? null,
    evidence,
    contacts: signUp.contacts.map(({ sealedNote, ...contact }) => ({
      ...contact,
      note: opened(contact.id, sealedNote),
    })),
    documents: signUp.documents.map(({ sealedReference, ...one }) => ({
      ...one,
      reference: opened(one.id, sealedReference),
    })),
    decision: decision ?? null,
    referral: referral ?? null,
    ended: ended ?? null,
    erasedAt: erasedAt ?? null,
  };
}

/** The company is shown; of the person that speaks for it no more than recognises it again. */
function masked({ company, contact }: Applicant) {
  const { name, country, domain } = company;
  return {
    company: { name, country, domain },
    contact: { name: initialOf(contact.name), email: maskedEmail(contact.email), phone: maskedPhone(contact.phone) },
  };
}

const initialOf = (text: string): string => `${[...text][0] ?? ''}•••`;

function maskedEmail(email: string): string {
  const at = email.lastIndexOf('@');
  return `${initialOf(email)}${email.slice(at)}`;
}

/** The first four and last three digits, as `+3069•••678`. */
const maskedPhone = (phone: string): string => `${phone.slice(0, 5)}•••${phone.slice(-3)}`;
