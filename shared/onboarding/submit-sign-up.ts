import canonicalize from 'canonicalize';
import type { Aggregates } from '../core/aggregate.ts';
import { blindIndex, blindIndexes } from '../core/blind-index.ts';
import type { KeyRing } from '../core/key-ring.ts';
import type { LoadedPolicy } from '../policy/policy.ts';
import { type Applicant, type KnownApplicant, sealApplicant } from './applicant.ts';
import { decideStart } from './application.ts';
import { type Counters, windowCounter } from './counters.ts';
import { type SignUp, signUpAddress, signUpIdOf } from './sign-up.ts';

/** What sign-ups are worked on with. */
export interface SignUpPorts {
  readonly aggregates: Aggregates;
  readonly policy: LoadedPolicy;
  readonly now: () => Date;
  readonly indexKeys: KeyRing;
  readonly sealKeys: KeyRing;
}

/** An application as it is sent in. */
export interface Submission {
  readonly told: Applicant;
  readonly address: string | undefined;
  /** What makes a repetition the same application. */
  readonly clientKey: string;
  /** Blind index of the phone that the caller proved. */
  readonly provenPhone: string;
}

export type SubmissionAnswer =
  | { readonly kind: 'taken-in'; readonly isNew: boolean; readonly signUp: SignUp }
  | { readonly kind: 'refused'; readonly status: 400 | 403 | 409 | 429; readonly why: string };

/** Takes an application in once a phone and client key. The same content again answers the same application. */
export async function submitSignUp(
  ports: SignUpPorts & { readonly counters: Counters },
  submission: Submission,
): Promise<SubmissionAnswer> {
  const { policy, indexKeys } = ports;
  const { told, provenPhone, clientKey } = submission;
  const phones = blindIndexes(indexKeys, 'phone', told.contact.phone);
  if (!phones.includes(provenPhone)) {
    return { kind: 'refused', status: 403, why: 'The phone of the contact is not the one that was proven.' };
  }
  const { collectionsPolicyVersions } = policy.onboarding.decision;
  if (!collectionsPolicyVersions.includes(told.collectionsPolicy.version)) {
    const why = `These are not terms in force: collectionsPolicy.version is one of ${collectionsPolicyVersions.join(', ')}.`;
    return { kind: 'refused', status: 400, why };
  }
  const content = canonicalize(told) ?? '';
  let before = await earlierOf(ports, phones, submission);
  const hasPlace = before !== undefined || (await hasRoom(ports, provenPhone));
  // A repetition that came at the same moment is no application more.
  if (!hasPlace) before = await earlierOf(ports, phones, submission);
  if (!hasPlace && before === undefined) {
    return {
      kind: 'refused',
      status: 429,
      why: 'There are too many applications of this phone today. Try again tomorrow.',
    };
  }
  // Also for one that is there: what a crash left unsent goes out.
  const id = before?.id ?? signUpIdOf(provenPhone, clientKey);
  const found = await start(ports, submission, content, id);
  // Under every live key: the one that it was indexed with may have been replaced since.
  if (!blindIndexes(indexKeys, 'application', content).includes(found.signUp.contentIndex)) {
    const why = `The key was used before for another application, ${found.signUp.id}. Send a new one with a new key.`;
    return { kind: 'refused', status: 409, why };
  }
  return { kind: 'taken-in', ...found };
}

/** The same application, also under an index key that has been replaced since. */
async function earlierOf(
  { aggregates }: SignUpPorts,
  phones: readonly string[],
  { clientKey }: Submission,
): Promise<SignUp | undefined> {
  for (const phone of phones) {
    const found = await aggregates.read<SignUp>(signUpAddress(signUpIdOf(phone, clientKey)));
    if (found !== undefined) return found;
  }
  return undefined;
}

const dayMinutes = 24 * 60;

/** Each application asks providers, who want money: the count goes up before it is there. */
const hasRoom = (
  { counters, policy, now }: Pick<SignUpPorts, 'policy' | 'now'> & { readonly counters: Counters },
  phone: string,
): Promise<boolean> =>
  counters.raise(
    windowCounter('signups', phone, dayMinutes, now()),
    1,
    policy.onboarding.decision.applicationsPerDay,
    2 * dayMinutes * 60,
  );

async function start(ports: SignUpPorts, submission: Submission, content: string, id: string) {
  const { aggregates, policy, indexKeys, sealKeys } = ports;
  const { told, address, provenPhone } = submission;
  const known: KnownApplicant = { told, ...(address === undefined ? {} : { address }) };
  const application = {
    id,
    phoneIndex: provenPhone,
    contentIndex: blindIndex(indexKeys, 'application', content),
    sealedApplicant: sealApplicant(sealKeys, id, known),
    told,
  };
  const { kind, state } = await aggregates.act<SignUp>(signUpAddress(id), undefined, (signUp) =>
    signUp === undefined ? decideStart(application, { policy, now: ports.now() }) : undefined,
  );
  if (state === undefined) throw new Error(`sign-up ${id} was taken in and is not there`);
  return { isNew: kind === 'committed', signUp: state };
}
