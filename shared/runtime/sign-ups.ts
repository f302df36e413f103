import type { SignUpPorts } from '../onboarding/submit-sign-up.ts';
import type { Person, Role } from './check-token.ts';
import type { App } from './compose.ts';
import { onboardingKeys } from './onboarding-keys.ts';

/** What sign-ups are worked on with. Throws `KnownLater` while their keys are not set. */
export const signUpPorts = ({ aggregates, policy, now, settings }: App): SignUpPorts => ({
  aggregates,
  policy,
  now,
  indexKeys: onboardingKeys(settings, 'INDEX_KEYS'),
  sealKeys: onboardingKeys(settings, 'SEAL_KEYS'),
});

const working: readonly Role[] = ['Risk.Analyst', 'Risk.Approver', 'Risk.Admin'];

/** Whether notes and references are for this person: readers and auditors see that they are there. */
export const seesWords = ({ roles }: Person): boolean => roles.some((role) => working.includes(role));

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
