import { z } from 'zod';
import { contentOf } from '../core/aggregate.ts';
import { decideOnboarding } from './decision.ts';
import { type Refusal, refusedAtEnd, type Verdict } from './handed-in.ts';
import { endOf, hasEnded, type SignUp } from './sign-up.ts';
import { askedFor, ended, type Moved, type Step, settled } from './sign-up-progress.ts';

/** Body of `POST /api/signups/{id}/decision`. */
export const SignUpDecision = z.strictObject({
  decision: z.enum(['approve', 'decline', 'more-evidence']),
  /** Of the application as it was shown. */
  version: z.number().int().positive(),
  reason: z.string().trim().min(3).max(2000),
  /** Without it nobody is approved whom a hard stop ends. */
  overrideHardStops: z.boolean().default(false),
  /** What the applicant is to bring, for `more-evidence`. */
  kinds: z
    .array(z.enum(['document', 'instrument']))
    .min(1)
    .max(2)
    .default(['document']),
});
export type SignUpDecision = z.infer<typeof SignUpDecision>;

/** A person decides: with a reason, on the version that it was shown, before time is over. The chain keeps what it overrode. Pure. */
export function decideVerdict(signUp: SignUp, said: SignUpDecision, person: string, step: Step): Verdict {
  if (wasSaid(signUp, said, person)) return { kind: 'said-before' };
  const { now, policy } = step;
  const over = refusalOf(signUp, said, now);
  if (over !== undefined) return over;
  const decision = decideOnboarding(signUp.evidence, signUp.needs, policy, now);
  const stops = decision.hardStops.map(({ title }) => title);
  if (said.decision === 'approve' && stops.length > 0 && !said.overrideHardStops) {
    const why = `Hard stops stand: ${stops.join('; ')}. Approve with overrideHardStops to go beyond them.`;
    return { kind: 'refused', status: 409, why };
  }
  const content = { ...contentOf(signUp), decision };
  const { reason, version } = said;
  const moved = (): Moved => {
    if (said.decision === 'more-evidence')
      return askedFor(content, [], { kinds: [...new Set(said.kinds)], by: person, reason }, step);
    const status = said.decision === 'approve' ? 'approved' : 'declined';
    const facts = { version, was: signUp.status, overrideHardStops: said.overrideHardStops };
    return ended(content, [], { status, by: person, reason, version, facts }, step);
  };
  return { kind: 'decided', decision: settled(signUp, moved(), step) };
}

const ends = { approve: 'approved', decline: 'declined', 'more-evidence': undefined } as const;

const wasSaid = ({ status, ended }: SignUp, said: SignUpDecision, person: string): boolean =>
  status === ends[said.decision] && ended?.by === person && ended.version === said.version;

function refusalOf(signUp: SignUp, said: SignUpDecision, now: Date): Refusal | undefined {
  if (hasEnded(signUp)) return refusedAtEnd(signUp);
  const end = endOf(signUp) ?? '';
  if (end <= now.toISOString()) return { kind: 'refused', status: 410, why: `The application expired at ${end}.` };
  if (signUp.version !== said.version) {
    const why = `The application is at version ${signUp.version}; you decided on version ${said.version}. Read it again.`;
    return { kind: 'refused', status: 409, why };
  }
  if (said.decision === 'more-evidence' && signUp.expiresAt <= now.toISOString()) {
    const why = `The life of the application was over at ${signUp.expiresAt}: approve or decline it.`;
    return { kind: 'refused', status: 409, why };
  }
  return undefined;
}

/** The applicant takes its application back. Saying so twice is one withdrawal. Pure. */
export function decideWithdrawal(signUp: SignUp, step: Step): Verdict {
  if (signUp.status === 'withdrawn') return { kind: 'said-before' };
  if (hasEnded(signUp)) return refusedAtEnd(signUp);
  const end = { status: 'withdrawn', by: 'applicant', reason: 'the applicant withdrew' } as const;
  return { kind: 'decided', decision: settled(signUp, ended(contentOf(signUp), [], end, step), step) };
}
