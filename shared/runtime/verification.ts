import type { App } from './compose.ts';
import type { IntakeMessage } from './messages.ts';
import { onboardingKeys } from './onboarding-keys.ts';

/** Asks a provider, once a sign-up and check. */
export async function askProvider(
  message: Extract<IntakeMessage, { kind: 'ask-provider' }>,
  app: App,
  messageId: string,
): Promise<void> {
  const { askProvider: ask } = await import('../onboarding/ask-provider.ts');
  await ask(await askPorts(app), message, messageId);
}

/** Looks at a verification that is due. */
export async function lookAtVerification(app: App, id: string, version: number): Promise<void> {
  const { lookAtVerification: look } = await import('../onboarding/ask-provider.ts');
  const { aggregates, now, policy } = app;
  await look({ aggregates, now, policy: policy.onboarding.verification }, id, version);
}

async function askPorts(app: App) {
  const { aggregates, now, settings, policy } = app;
  const sealKeys = onboardingKeys(settings, 'SEAL_KEYS');
  return { aggregates, now, sealKeys, policy: policy.onboarding.verification, providers: await providersOf(app) };
}

type Providers = Awaited<ReturnType<typeof openProviders>>;
/** One a process, because the circuit breakers stand in it. */
const opened = new WeakMap<App, Promise<Providers>>();

function providersOf(app: App): Promise<Providers> {
  const known = opened.get(app) ?? openProviders(app);
  opened.set(app, known);
  return known;
}

async function openProviders({ policy, settings }: App) {
  const [{ createVerificationProviders }, { readReply }, { secretsFor }] = await Promise.all([
    import('../azure/verification-provider.ts'),
    import('../onboarding/provider-reply.ts'),
    import('./check-signature.ts'),
  ]);
  const { timeoutSeconds, retries, breaker } = policy.onboarding.verification;
  return createVerificationProviders({
    secretsOf: (provider) => secretsFor(settings.VERIFICATION_SECRETS ?? '', provider),
    realNow: () => new Date(),
    timeoutMs: timeoutSeconds * 1000,
    retries,
    breaker: { failures: breaker.failures, openMs: breaker.openSeconds * 1000 },
    readReply,
  });
}
