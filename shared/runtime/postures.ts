import { customersAfter } from '../azure/customer-queries.ts';
import { partySubscriptionsAfter } from '../azure/subscription-queries.ts';
import type { SignUp } from '../onboarding/sign-up.ts';
import type { App } from './compose.ts';
import type { IntakeMessage } from './messages.ts';
import { isLoopback } from './settings.ts';

/** Starts the daily look at every customer's tenant, unless it is under way. */
export async function startPostures(app: App): Promise<void> {
  const [{ startPostureSweep }, { createPostureShelf }] = await Promise.all([
    import('../customers/sweep-posture.ts'),
    import('../azure/posture-queries.ts'),
  ]);
  const { aggregates, now } = app;
  await startPostureSweep({ aggregates, now, shelf: createPostureShelf(app.containers('postures')) });
}

/** Asks for a look at each of the next few customers. */
export async function walkPostures(
  app: App,
  step: Extract<IntakeMessage, { kind: 'posture-step' }>,
  messageId: string,
): Promise<void> {
  const { walkPostures: walk } = await import('../customers/sweep-posture.ts');
  const { aggregates, now } = app;
  const after = (party: string, limit: number) => customersAfter(app.containers('customers'), party, limit);
  await walk({ aggregates, now, customersAfter: after }, step, messageId);
}

/** Takes one step of a look at one tenant. */
export async function lookAtTenant(
  app: App,
  step: Extract<IntakeMessage, { kind: 'posture-look' }>,
  messageId: string,
): Promise<void> {
  const [{ lookAtTenant: look }, { createRoleAssignments }, { credentialOf }, directory] = await Promise.all([
    import('../customers/look-at-tenant.ts'),
    import('../azure/role-assignments.ts'),
    import('./compose.ts'),
    directoryOf(app),
  ]);
  const { ARM_URL: endpoint } = app.settings;
  const credential = await credentialOf(app.settings);
  const { aggregates, now, policy } = app;
  await look(
    {
      aggregates,
      now,
      policy: policy.customers.posture,
      directory,
      roles: createRoleAssignments({ endpoint, credential, allowHttp: isLoopback(endpoint) }),
      subscriptionsOf: (party, after, limit) =>
        partySubscriptionsAfter(app.containers('subscriptions'), party, after, limit),
    },
    step,
    messageId,
  );
}

/** Tells a sign-up what the tenant that its applicant named looks like; nothing for one that named none, or is erased. */
export async function assessTenant(
  app: App,
  { signUpId }: Extract<IntakeMessage, { kind: 'assess-tenant' }>,
  messageId: string,
): Promise<void> {
  const [
    { addEvidence },
    { signUpAddress },
    { openApplicant },
    { readDirectory },
    { tenantEvidence },
    { onboardingKeys },
  ] = await Promise.all([
    import('../onboarding/add-evidence.ts'),
    import('../onboarding/sign-up.ts'),
    import('../onboarding/applicant.ts'),
    import('../customers/read-posture.ts'),
    import('../customers/posture-evidence.ts'),
    import('./onboarding-keys.ts'),
  ]);
  const signUp = await app.aggregates.read<SignUp>(signUpAddress(signUpId));
  if (signUp?.sealedApplicant === undefined) return;
  const { told } = openApplicant(onboardingKeys(app.settings, 'SEAL_KEYS'), signUpId, signUp.sealedApplicant);
  if (told.tenantId === undefined) return;
  const seen = await readDirectory(await directoryOf(app), told.tenantId.toLowerCase());
  await addEvidence(app, signUpId, tenantEvidence(seen, messageId, app.now()), messageId);
}

/** Customers' directories, asked by the partner's app in each customer's tenant. */
async function directoryOf(app: App) {
  const [{ createGraph }, { customerCredential }, { credentialOf }] = await Promise.all([
    import('../azure/graph.ts'),
    import('../azure/customer-credential.ts'),
    import('./compose.ts'),
  ]);
  const { GRAPH_URL: baseUrl, GRAPH_CLIENT_ID: clientId, AUTHORITY_URL: authority } = app.settings;
  const allowHttp = isLoopback(baseUrl);
  if (clientId === undefined) return createGraph({ baseUrl, allowHttp, credentialOf: undefined });
  const identity = await credentialOf(app.settings);
  return createGraph({ baseUrl, allowHttp, credentialOf: customerCredential({ clientId, authority, identity }) });
}
