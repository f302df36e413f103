import type { HttpResponseInit } from '@azure/functions';
import { instrumentEventTypes } from '../onboarding/instrument-event.ts';
import type { SignedBody } from './check-signature.ts';
import type { App } from './compose.ts';
import { billingSource, verificationPrefix } from './hook-source.ts';
import type { IntakeMessage } from './messages.ts';
import { Problem, parsedAs } from './on-http.ts';
import { onboardingKeys } from './onboarding-keys.ts';

/** No webhook's body has more: it stands sealed in one document. */
const mostBytes = 64 * 1024;
const longestId = 256;

/** Types of the billing hook that something reads. */
const billingTypes: readonly string[] = instrumentEventTypes;

/**
 * Takes in a signed delivery of the billing provider. What nothing reads yet is kept whole and counted by health.
 * @throws Problem 400, 409, 413, 422; then nothing was stored but, for a 409, that it came.
 */
export async function takeInBilling(app: App, signed: SignedBody): Promise<HttpResponseInit> {
  const [{ HookEnvelope, outOfTime }, { InstrumentEvent }] = await Promise.all([
    import('../intake/hook-envelope.ts'),
    import('../onboarding/instrument-event.ts'),
  ]);
  await checkBody(signed);
  const { type, timestamp } = parsedAs(signed.text, HookEnvelope);
  const isKnown = billingTypes.includes(type);
  if (isKnown) parsedAs(signed.text, InstrumentEvent);
  const unread = isKnown ? outOfTime(timestamp, app.now()) : `nothing reads the type ${type} yet`;
  return await store(app, signed, { source: billingSource, type, unread });
}

/** Takes in a provider's signed callback. @throws Problem as `takeInBilling`, and 404 for a provider that policy does not name. */
export async function takeInCallback(app: App, provider: string, signed: SignedBody): Promise<HttpResponseInit> {
  if (!app.policy.onboarding.verification.providers.some(({ name }) => name === provider)) {
    throw new Problem(404, 'Policy names no such provider.');
  }
  const { AnswerCallback } = await import('../onboarding/provider-reply.ts');
  await checkBody(signed);
  const { type } = parsedAs(signed.text, AnswerCallback);
  return await store(app, signed, { source: `${verificationPrefix}${provider}`, type, unread: undefined });
}

async function checkBody({ id, text }: SignedBody): Promise<void> {
  if (id.length > longestId) throw new Problem(400, `webhook-id has more than ${longestId} characters.`);
  if (Buffer.byteLength(text) > mostBytes) {
    throw new Problem(413, `The body is too large; at most ${mostBytes} bytes are taken in.`);
  }
  const { holdsCardNumber } = await import('../intake/card-number.ts');
  if (!holdsCardNumber(text) && !holdsCardNumber(id)) return;
  throw new Problem(
    422,
    'The body holds what looks like a card number. Nothing was stored; send a fingerprint instead.',
  );
}

async function store(
  app: App,
  { id: webhookId, text: body }: SignedBody,
  of: { readonly source: string; readonly type: string; readonly unread: string | undefined },
): Promise<HttpResponseInit> {
  const { takeInHook } = await import('../intake/take-in-hook.ts');
  const sealKeys = onboardingKeys(app.settings, 'SEAL_KEYS');
  const taken = await takeInHook({ ...app, sealKeys }, { ...of, webhookId, body });
  if (taken.kind === 'conflict') {
    throw new Problem(409, 'Another content came under this webhook-id before. The first one stands.', {
      id: taken.id,
    });
  }
  return { status: 202, jsonBody: { id: taken.id, status: taken.kind } };
}

/** Does what a stored delivery asks for, and notes what came of it. */
export async function takeInArrived(
  { source, inboxId }: Extract<IntakeMessage, { kind: 'hook-arrived' }>,
  app: App,
): Promise<void> {
  const [{ inboxAddress, bodyBoundTo, decideEffect }, { unseal }] = await Promise.all([
    import('../intake/inbox-item.ts'),
    import('../core/seal.ts'),
  ]);
  type Item = import('../intake/inbox-item.ts').InboxItem;
  const address = inboxAddress(source, inboxId);
  const item = await app.aggregates.read<Item>(address);
  if (item === undefined || item.effect !== undefined) return;
  const text = unseal(onboardingKeys(app.settings, 'SEAL_KEYS'), bodyBoundTo(source, inboxId), item.sealedBody);
  const body: unknown = JSON.parse(text);
  const { effect, why } = source.startsWith(verificationPrefix)
    ? await takeInAnswerOf(app, source.slice(verificationPrefix.length), body, inboxId)
    : await takeInBillingEvent(app, body, inboxId);
  await app.aggregates.act<Item>(address, undefined, (stored) => decideEffect(stored, effect, why));
}

async function takeInAnswerOf(app: App, provider: string, body: unknown, inboxId: string) {
  const [{ takeInAnswer }, { AnswerCallback }] = await Promise.all([
    import('../onboarding/take-in-answer.ts'),
    import('../onboarding/provider-reply.ts'),
  ]);
  const { aggregates, now, policy } = app;
  const ports = { aggregates, now, policy: policy.onboarding.verification };
  return await takeInAnswer(ports, provider, AnswerCallback.parse(body), inboxId);
}

/** One more type of the billing hook is one more case here, and its name in `billingTypes`. */
async function takeInBillingEvent(app: App, body: unknown, inboxId: string) {
  const [{ takeInInstrument }, { InstrumentEvent }, { createCardSharers }, { loadBinRanges }] = await Promise.all([
    import('../onboarding/take-in-instrument.ts'),
    import('../onboarding/instrument-event.ts'),
    import('../azure/card-sharers.ts'),
    import('../onboarding/load-bin-ranges.ts'),
  ]);
  const { aggregates, now, settings } = app;
  const policy = app.policy.onboarding.instruments;
  const event = InstrumentEvent.parse(body);
  // First, so that whoever of two presents the card last sees the other.
  await (await import('./identity.ts')).linkCardOf(app, event, inboxId);
  await takeInInstrument(
    {
      aggregates,
      now,
      policy,
      indexKeys: onboardingKeys(settings, 'INDEX_KEYS'),
      sealKeys: onboardingKeys(settings, 'SEAL_KEYS'),
      cardSharers: createCardSharers(app.containers('links')),
      binRanges: () => loadBinRanges(policy.binRanges),
    },
    event,
    inboxId,
  );
  return { effect: 'taken-in', why: undefined } as const;
}
