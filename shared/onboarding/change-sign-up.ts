import canonicalize from 'canonicalize';
import { blindIndex, blindIndexes } from '../core/blind-index.ts';
import { openApplicant, sealApplicant } from './applicant.ts';
import { type ApplicantEvidence, decideHandedIn, type Refusal, type Verdict } from './handed-in.ts';
import { decidePersonEvidence, type PersonEvidence } from './person-evidence.ts';
import { sealWords } from './sealed-words.ts';
import { isSignUpId, type SignUp, signUpAddress } from './sign-up.ts';
import { decideLook } from './sign-up-progress.ts';
import { decideVerdict, decideWithdrawal, type SignUpDecision } from './sign-up-verdict.ts';
import type { SignUpPorts } from './submit-sign-up.ts';

/** A sign-up as it stands after what was asked, or why that cannot be. */
export type SignUpAnswer = { readonly kind: 'done'; readonly signUp: SignUp } | Refusal;

/** The sign-up; undefined when there is none of that id, or it is not the one of whoever proved that phone. */
export async function readSignUp(
  ports: SignUpPorts,
  id: string,
  provenPhone: string | undefined,
): Promise<SignUp | undefined> {
  if (!isSignUpId(id)) return undefined;
  const signUp = await ports.aggregates.read<SignUp>(signUpAddress(id));
  if (signUp === undefined || (provenPhone !== undefined && !isOf(ports, signUp, provenPhone))) return undefined;
  return signUp;
}

/** Under another index key the same phone has another index: then the phone itself says. */
function isOf(
  { indexKeys, sealKeys }: SignUpPorts,
  { id, phoneIndex, sealedApplicant }: SignUp,
  proven: string,
): boolean {
  if (phoneIndex === proven) return true;
  if (sealedApplicant === undefined) return false;
  const { phone } = openApplicant(sealKeys, id, sealedApplicant).told.contact;
  return blindIndexes(indexKeys, 'phone', phone).includes(proven);
}

/** Takes in a document that the applicant named. The same one again is no second one. */
export async function handIn(
  ports: SignUpPorts,
  id: string,
  body: ApplicantEvidence,
  provenPhone: string,
): Promise<SignUpAnswer> {
  const evidenceId = idOf(ports, id, 'applicant', body);
  const sealedReference = sealWords(ports.sealKeys, id, evidenceId, body.reference);
  return await change(ports, id, provenPhone, (signUp) => {
    const at = ports.now().toISOString();
    const document = { id: evidenceId, at, by: 'applicant', sha256: body.sha256, sealedReference };
    return decideHandedIn(signUp, document, stepOf(ports));
  });
}

/** Takes in what a person found out. The same again is no second one. */
export async function addPersonEvidence(
  ports: SignUpPorts,
  id: string,
  body: PersonEvidence,
  person: string,
): Promise<SignUpAnswer> {
  const evidenceId = idOf(ports, id, person, body);
  const sealed = (words: string) => sealWords(ports.sealKeys, id, evidenceId, words);
  const prepared = {
    id: evidenceId,
    by: person,
    body,
    ...(body.kind === 'phone-contact' && body.note !== undefined ? { sealedNote: sealed(body.note) } : {}),
    ...(body.kind === 'document' && body.reference !== undefined ? { sealedReference: sealed(body.reference) } : {}),
  };
  return await change(ports, id, undefined, (signUp) => decidePersonEvidence(signUp, prepared, stepOf(ports)));
}

/** Blind, because what it is made of is not for everybody. */
const idOf = ({ indexKeys }: SignUpPorts, signUpId: string, by: string, body: object): string =>
  `said-${blindIndex(indexKeys, 'application', canonicalize({ signUpId, by, body }) ?? '')}`;

/** Records a person's decision. */
export async function decideSignUp(
  ports: SignUpPorts,
  id: string,
  said: SignUpDecision,
  person: string,
): Promise<SignUpAnswer> {
  return await change(ports, id, undefined, (signUp) => decideVerdict(signUp, said, person, stepOf(ports)));
}

/** Ends an application at its applicant's wish. */
export async function withdrawSignUp(ports: SignUpPorts, id: string, provenPhone: string): Promise<SignUpAnswer> {
  return await change(ports, id, provenPhone, (signUp) => decideWithdrawal(signUp, stepOf(ports)));
}

/** Does what has become due: silence, reminders, ends, and the end of what is kept. A stale look does nothing. */
export async function lookAtSignUp(ports: SignUpPorts, id: string, version: number): Promise<void> {
  await ports.aggregates.act<SignUp>(signUpAddress(id), undefined, (signUp) =>
    signUp?.version === version ? decideLook(signUp, stepOf(ports), (one) => withoutAddress(ports, one)) : undefined,
  );
}

function withoutAddress({ sealKeys }: SignUpPorts, { id, sealedApplicant }: SignUp): string | undefined {
  if (sealedApplicant === undefined) return undefined;
  return sealApplicant(sealKeys, id, { told: openApplicant(sealKeys, id, sealedApplicant).told });
}

const stepOf = ({ policy, now }: SignUpPorts) => ({ policy, now: now() });

async function change(
  ports: SignUpPorts,
  id: string,
  provenPhone: string | undefined,
  judge: (signUp: SignUp) => Verdict,
): Promise<SignUpAnswer> {
  const absent: Refusal = { kind: 'refused', status: 404, why: `There is no sign-up "${id}".` };
  if ((await readSignUp(ports, id, provenPhone)) === undefined) return absent;
  let verdict: Verdict | undefined;
  const { state } = await ports.aggregates.act<SignUp>(signUpAddress(id), undefined, (signUp) => {
    verdict = signUp === undefined ? absent : judge(signUp);
    return verdict.kind === 'decided' ? verdict.decision : undefined;
  });
  if (verdict?.kind === 'refused') return verdict;
  return state === undefined ? absent : { kind: 'done', signUp: state };
}
