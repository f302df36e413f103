import type { HttpRequest } from '@azure/functions';
import type { Applicant } from '../onboarding/applicant.ts';
import type { SignUpAnswer } from '../onboarding/change-sign-up.ts';
import type { SignUp } from '../onboarding/sign-up.ts';
import type { SignUpDecision } from '../onboarding/sign-up-verdict.ts';
import type { SignUpPorts } from '../onboarding/submit-sign-up.ts';
import { callerAddress } from './caller-address.ts';
import type { Proof } from './check-proof.ts';
import type { Person, Role } from './check-token.ts';
import type { App } from './compose.ts';
import { bodyOf, Problem } from './on-http.ts';
import { onboardingKeys } from './onboarding-keys.ts';
import { pageAfter } from './page-after.ts';

/** Who calls: exactly one of both is there. */
interface Caller {
  readonly applicant: Proof | undefined;
  readonly person: Person | undefined;
}

interface Headers {
  get(name: string): string | null;
}

/** Takes an application in. Throws a `Problem` that says why not. */
export async function startSignUp(app: App, told: Applicant, headers: Headers, { phoneIndex }: Proof) {
  const [{ submitSignUp }, { receiptOf }, { createCounters }] = await Promise.all([
    import('../onboarding/submit-sign-up.ts'),
    import('../onboarding/sign-up-view.ts'),
    import('../azure/counters.ts'),
  ]);
  const clientKey = headers.get('idempotency-key') ?? '';
  if (!/^[\x21-\x7e]{8,200}$/.test(clientKey)) {
    throw new Problem(400, 'Idempotency-Key is needed: 8 to 200 printable ASCII characters, new for each application.');
  }
  const counters = createCounters(app.containers('counters'));
  const submission = { told, clientKey, address: callerAddress(headers), provenPhone: phoneIndex };
  const answer = await submitSignUp({ ...signUpPorts(app), counters }, submission);
  if (answer.kind === 'refused') throw new Problem(answer.status, answer.why);
  return { isNew: answer.isNew, receipt: receiptOf(answer.signUp) };
}

/** Adds what an applicant or a person brings, and answers the application as the caller may see it. */
export async function addSignUpEvidence(app: App, id: string, request: HttpRequest, { applicant, person }: Caller) {
  const [{ addPersonEvidence, handIn }, { ApplicantEvidence }, { PersonEvidence }] = await Promise.all([
    import('../onboarding/change-sign-up.ts'),
    import('../onboarding/handed-in.ts'),
    import('../onboarding/person-evidence.ts'),
  ]);
  const ports = signUpPorts(app);
  if (person !== undefined) {
    const body = await bodyOf(request, PersonEvidence);
    return await personView(app, done(await addPersonEvidence(ports, id, body, person.id)), person);
  }
  const body = await bodyOf(request, ApplicantEvidence);
  return await viewOfOwn(done(await handIn(ports, id, body, applicant?.phoneIndex ?? '')));
}

/** Ends an application at its applicant's wish. */
export async function withdrawOwn(app: App, id: string, applicant: Proof | undefined) {
  if (applicant === undefined) throw new Problem(401, 'A proof of the phone is needed.');
  const { withdrawSignUp } = await import('../onboarding/change-sign-up.ts');
  return await viewOfOwn(done(await withdrawSignUp(signUpPorts(app), id, applicant.phoneIndex)));
}

/** Records a person's decision. */
export async function decide(app: App, id: string, said: SignUpDecision, person: Person) {
  const { decideSignUp } = await import('../onboarding/change-sign-up.ts');
  return await personView(app, done(await decideSignUp(signUpPorts(app), id, said, person.id)), person);
}

/** An application as the caller may see it; to people with its version. */
export async function showSignUp(app: App, id: string, { applicant, person }: Caller) {
  const { readSignUp } = await import('../onboarding/change-sign-up.ts');
  const signUp = await readSignUp(
    signUpPorts(app),
    id,
    person === undefined ? (applicant?.phoneIndex ?? '') : undefined,
  );
  if (signUp === undefined) throw new Problem(404, 'There is no such sign-up.');
  if (person === undefined) return { shown: await viewOfOwn(signUp), version: undefined };
  return { shown: await personView(app, signUp, person), version: signUp.version };
}

/** A page of applications of a status, newest first. */
export async function listOfSignUps(app: App, query: Headers) {
  const [{ listSignUps }, { signUpSummary }, { signUpStatuses }] = await Promise.all([
    import('../azure/sign-up-queries.ts'),
    import('../onboarding/sign-up-view.ts'),
    import('../onboarding/sign-up.ts'),
  ]);
  const wanted = query.get('status') ?? 'referred';
  const status = signUpStatuses.find((one) => one === wanted);
  if (status === undefined) throw new Problem(400, `status is one of ${signUpStatuses.join(', ')}.`);
  const limit = Number(query.get('limit') ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > 200)
    throw new Problem(400, 'limit is a whole number from 1 to 200.');
  const page = await pageAfter(query, (after) => listSignUps(app.containers('signups'), status, limit, after));
  return {
    asOf: app.now().toISOString(),
    signUps: page.signUps.map(signUpSummary),
    continuation: page.next ?? null,
  };
}

function done(answer: SignUpAnswer): SignUp {
  if (answer.kind === 'refused') throw new Problem(answer.status, answer.why);
  return answer.signUp;
}

const viewOfOwn = async (signUp: SignUp) => (await import('../onboarding/sign-up-view.ts')).ownView(signUp);

async function personView(app: App, signUp: SignUp, person: Person) {
  const { signUpView } = await import('../onboarding/sign-up-view.ts');
  const seesWords = person.roles.some((role) => working.includes(role));
  const view = signUpView(signUp, onboardingKeys(app.settings, 'SEAL_KEYS'), seesWords);
  return { asOf: app.now().toISOString(), ...view };
}

/** Who works on applications: notes and references are for them, readers and auditors see that they are there. */
const working: readonly Role[] = ['Risk.Analyst', 'Risk.Approver', 'Risk.Admin'];

/** What sign-ups are worked on with. Throws `KnownLater` while their keys are not set. */
const signUpPorts = ({ aggregates, policy, now, settings }: App): SignUpPorts => ({
  aggregates,
  policy,
  now,
  indexKeys: onboardingKeys(settings, 'INDEX_KEYS'),
  sealKeys: onboardingKeys(settings, 'SEAL_KEYS'),
});

/** Looks at a sign-up that is due. */
export async function lookAtDueSignUp(app: App, id: string, version: number): Promise<void> {
  const { lookAtSignUp } = await import('../onboarding/change-sign-up.ts');
  await lookAtSignUp(signUpPorts(app), id, version);
}

/** Remembers that an application was declined by all that it was linked by. */
export async function rememberDeclined(app: App, signUpId: string, at: string): Promise<void> {
  const [{ linkClosed }, { createLinkShelf }, { applicantParty }] = await Promise.all([
    import('../onboarding/identity/link-identity.ts'),
    import('../azure/link-queries.ts'),
    import('../onboarding/sign-up.ts'),
  ]);
  const ports = { aggregates: app.aggregates, shelf: createLinkShelf(app.containers('links')) };
  await linkClosed(ports, { subject: applicantParty(signUpId), at, why: 'declined' });
}
