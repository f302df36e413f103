import { causeHash, customerParty } from '../core/ids.ts';
import { laneOf } from '../core/lane.ts';
import type { Customer } from '../customers/customer.ts';
import type { InstrumentEvent } from '../onboarding/instrument-event.ts';
import type { SignUpLists } from '../onboarding/lists/sign-up-lists.ts';
import type { SignUp } from '../onboarding/sign-up.ts';
import type { App } from './compose.ts';
import type { IntakeMessage } from './messages.ts';
import { onboardingKeys } from './onboarding-keys.ts';

/** Messages that go out at once. */
const batch = 100;

/** Assesses the digital identity of an applicant. */
export async function assessIdentity(
  message: Extract<IntakeMessage, { kind: 'assess-identity' }>,
  app: App,
  messageId: string,
): Promise<void> {
  const [{ assessIdentity: assess }, { createLinkShelf }, { mailExchangeOf }] = await Promise.all([
    import('../onboarding/identity/assess-identity.ts'),
    import('../azure/link-queries.ts'),
    import('../azure/mail-exchange.ts'),
  ]);
  const { aggregates, now, settings, policy } = app;
  await assess(
    {
      aggregates,
      now,
      policy: policy.onboarding.identity,
      decideBy: policy,
      shelf: createLinkShelf(app.containers('links')),
      indexKeys: onboardingKeys(settings, 'INDEX_KEYS'),
      sealKeys: onboardingKeys(settings, 'SEAL_KEYS'),
      lists: () => listsOf(app),
      mailOf: (domain) => mailExchangeOf(domain),
      // Nobody is asked yet: it stands in the evidence as unknown.
      registeredAt: async () => undefined,
      assessAgain: (messages) => assessAgain(app, messages),
    },
    message,
    messageId,
  );
}

async function assessAgain(
  app: App,
  messages: readonly { readonly id: string; readonly signUpId: string }[],
): Promise<void> {
  for (let at = 0; at < messages.length; at += batch) {
    const some = messages.slice(at, at + batch).map(({ id, signUpId }) => ({
      id,
      lane: laneOf(`applicant:${signUpId}`),
      body: { v: 1, kind: 'assess-identity', signUpId, again: true },
    }));
    await app.sender.send('intake', some);
  }
}

const loaded = new WeakMap<App, Promise<SignUpLists>>();

/** The installed lists, loaded once a process; a failure to load is not remembered. */
function listsOf(app: App): Promise<SignUpLists> {
  const known = loaded.get(app);
  if (known !== undefined) return known;
  const loading = loadLists(app).catch((error: unknown) => {
    loaded.delete(app);
    throw error;
  });
  loaded.set(app, loading);
  return loading;
}

async function loadLists(app: App): Promise<SignUpLists> {
  const { loadLists: load } = await import('../onboarding/lists/read-lists.ts');
  const lists = await load(app.policy.onboarding.identity.lists);
  for (const problem of lists.problems) console.warn(`sign-up lists: ${problem}`);
  return lists;
}

/** Links the customers of the list, where there are keys for it; undefined without: then nobody signs up here either. */
export async function customerLinks(app: App): Promise<((customer: Customer) => Promise<void>) | undefined> {
  if (app.settings.INDEX_KEYS === undefined) return undefined;
  const { linkCustomer } = await import('../onboarding/identity/link-identity.ts');
  const ports = { aggregates: app.aggregates, indexKeys: onboardingKeys(app.settings, 'INDEX_KEYS') };
  return (customer) => linkCustomer(ports, customer);
}

/**
 * Links the card that an instrument event is about to its payer, and has the identity of an applicant assessed again. `causeId`
 * is the inbox document's id. A sign-up that is gone is left alone.
 */
export async function linkCardOf(app: App, event: InstrumentEvent, causeId: string): Promise<void> {
  const { fingerprint } = event.data.instrument;
  const { payer } = event.data;
  if (fingerprint === undefined || event.type === 'payment_instrument.removed') return;
  const [{ linkCard }, { signUpAddress }] = await Promise.all([
    import('../onboarding/identity/link-identity.ts'),
    import('../onboarding/sign-up.ts'),
  ]);
  const ports = { aggregates: app.aggregates, indexKeys: onboardingKeys(app.settings, 'INDEX_KEYS') };
  if (!('signUpId' in payer)) {
    const at = new Date(event.timestamp).toISOString();
    const subject = customerParty(payer.tenantId);
    return await linkCard(ports, { kind: 'customer-link', subject, at }, fingerprint);
  }
  const signUp = await app.aggregates.read<SignUp>(signUpAddress(payer.signUpId));
  if (signUp === undefined) return;
  const ttl = app.policy.onboarding.identity.keepDays * 86_400;
  const holder = { kind: 'applicant-link', subject: signUp.party, at: signUp.startedAt, ttl } as const;
  await linkCard(ports, holder, fingerprint);
  const id = `identity-${causeHash('card', payer.signUpId, causeId)}`;
  // Not as one that asks nobody: those that started later may share the card.
  const body = { v: 1, kind: 'assess-identity', signUpId: payer.signUpId };
  await app.sender.send('intake', [{ id, lane: laneOf(signUp.party), body }]);
}
