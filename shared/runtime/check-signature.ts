import { Webhook, WebhookVerificationError } from 'standardwebhooks';

/** What a signed body's headers say (Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, `webhook-signature`). */
export interface SignedBody {
  /** The sender's id of the event: a repetition has the same. */
  readonly id: string;
  readonly text: string;
}

/**
 * The secrets of a setting that count for `sender`: those without a name, and those written `sender=whsec_…`. With
 * several senders each should have its own: whoever holds a secret can speak as everybody whom it counts for.
 */
export function secretsFor(setting: string, sender: string): readonly string[] {
  return setting.split(',').flatMap((part) => {
    const [, name, secret = ''] = /^\s*(?:([a-z0-9-]+)=)?(\S+)\s*$/.exec(part) ?? [];
    return secret !== '' && (name === undefined || name === sender) ? [secret] : [];
  });
}

/**
 * Checks the signature over the raw bytes with each live secret; the age limit of 5 minutes is on real time.
 * `secrets`: one or two of the form `whsec_…` with a comma between.
 */
export function checkSignature(
  secrets: string,
  raw: Buffer,
  headers: { get(name: string): string | null },
): SignedBody | undefined {
  const id = headers.get('webhook-id') ?? '';
  const given = {
    'webhook-id': id,
    'webhook-timestamp': headers.get('webhook-timestamp') ?? '',
    'webhook-signature': headers.get('webhook-signature') ?? '',
  };
  const text = raw.toString('utf8');
  for (const secret of secrets.split(',')) {
    if (secret.trim() === '') continue;
    try {
      new Webhook(secret.trim()).verify(text, given, { jsonParse: false });
      return { id, text };
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
    }
  }
  return undefined;
}
