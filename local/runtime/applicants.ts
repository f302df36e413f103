import { z } from 'zod';
import type { IncidentApplicant } from '../incident/applicants.ts';
import { personToken, TryLater } from './people.ts';
import type { Runtime } from './start-runtime.ts';

/** A sign-up as the partner's people see it. */
const SignUpShown = z
  .object({
    id: z.string(),
    status: z.string(),
    decision: z
      .object({
        outcome: z.string(),
        why: z.string(),
        scoreIs: z.string(),
        reasons: z.array(z.object({ title: z.string(), points: z.number(), observed: z.string() }).loose()),
      })
      .loose()
      .nullish(),
  })
  .loose();
export type SignUpShown = z.infer<typeof SignUpShown>;

/** How far an applicant is. Kept in the data folder; what a crash takes from it is done again, to the same end. */
const Progress = z.object({
  challengeId: z.string().optional(),
  askedAt: z.string().optional(),
  signUpId: z.string().optional(),
});
type Progress = z.infer<typeof Progress>;

/** Nobody waits longer for a message before asking again. */
const patienceMs = 2 * 60_000;
/** Where an application needs nothing more of anybody that moves in the incident. */
const settled = ['approved', 'declined', 'referred', 'withdrawn', 'expired'];

/** What the applicants of the incident do at the public API, each with its own phone. */
export interface Applicants {
  /** One look at the clock: whoever has something to do does it. Answers every application that has settled. */
  look(): Promise<readonly { readonly applicant: IncidentApplicant; readonly shown: SignUpShown }[]>;
}

/** The applicants of the generated partner at the runtime's API. */
export async function applicantsAt(runtime: Runtime, applicants: readonly IncidentApplicant[]): Promise<Applicants> {
  const token = await personToken(runtime, 'Risk.Approver');
  const ended: { applicant: IncidentApplicant; shown: SignUpShown }[] = [];
  return {
    async look() {
      const now = runtime.clock.now();
      for (const applicant of applicants) {
        if (applicant.arrivesAt > now.toISOString() || ended.some((one) => one.applicant === applicant)) continue;
        const before = progressOf(runtime, applicant);
        const after = await goOn(runtime, applicant, before, now);
        if (after !== before) await runtime.state.set(keyOf(applicant), JSON.stringify(after));
        if (after.signUpId === undefined) continue;
        const shown = SignUpShown.parse(
          await call(runtime, 'GET', `/api/signups/${after.signUpId}`, { authorization: `Bearer ${token}` }),
        );
        if (settled.includes(shown.status)) ended.push({ applicant, shown });
      }
      return ended;
    },
  };
}

const keyOf = ({ clientKey }: IncidentApplicant): string => `applicant ${clientKey}`;

const progressOf = (runtime: Pick<Runtime, 'state'>, applicant: IncidentApplicant): Progress =>
  Progress.parse(JSON.parse(runtime.state.get(keyOf(applicant)) ?? '{}'));

/** Id of an applicant's sign-up, once it has one. */
export const signUpOf = (runtime: Pick<Runtime, 'state'>, applicant: IncidentApplicant): string | undefined =>
  progressOf(runtime, applicant).signUpId;

/** The next thing that an applicant does: asks for a passcode, or answers it and applies. */
async function goOn(runtime: Runtime, applicant: IncidentApplicant, before: Progress, now: Date): Promise<Progress> {
  if (before.signUpId !== undefined) return before;
  const { challengeId, askedAt } = before;
  const own = { 'x-forwarded-for': applicant.address };
  const waited = askedAt === undefined ? patienceMs : now.getTime() - Date.parse(askedAt);
  if (challengeId !== undefined) {
    const proof = await answer(runtime, applicant, challengeId, own);
    if (proof !== undefined) {
      const headers = { ...own, authorization: `Bearer ${proof}`, 'idempotency-key': applicant.clientKey };
      const made = await call(runtime, 'POST', '/api/signups', headers, applicant.told);
      return { ...before, signUpId: z.object({ id: z.string() }).parse(made).id };
    }
  }
  if (waited < patienceMs) return before;
  const asked = await call(runtime, 'POST', '/api/otp', own, { phone: applicant.phone, purpose: 'sign-up' });
  return { challengeId: z.object({ challengeId: z.string() }).parse(asked).challengeId, askedAt: now.toISOString() };
}

/** Types in the newest code that the phone shows. Undefined when none has come, or it is not accepted. */
async function answer(
  runtime: Runtime,
  applicant: IncidentApplicant,
  challengeId: string,
  headers: Record<string, string>,
): Promise<string | undefined> {
  const messages = runtime.communication
    .writes()
    .filter((write) => write.effective && write.body.includes(applicant.phone));
  const { message = '' } = Sms.parse(JSON.parse(messages.at(-1)?.body ?? '{}'));
  const code = /\b\d{6}\b/.exec(message)?.[0];
  if (code === undefined) return undefined;
  const response = await send(runtime, 'POST', `/api/otp/${challengeId}/verify`, headers, { code });
  if (response.status === 403) return undefined;
  return z.object({ proof: z.string() }).parse(await read(response, 'POST /api/otp/{id}/verify')).proof;
}

const Sms = z.object({ message: z.string().optional() });

async function send(
  runtime: Runtime,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<Response> {
  return await fetch(`${runtime.host.url}${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function read(response: Response, what: string): Promise<unknown> {
  const text = await response.text();
  if (response.status === 503) throw new TryLater(`${what}: ${text.slice(0, 200)}`);
  if (!response.ok) throw new Error(`${what} answered ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

async function call(
  runtime: Runtime,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<unknown> {
  return await read(await send(runtime, method, path, headers, body), `${method} ${path}`);
}
