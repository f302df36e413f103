import { Webhook } from 'standardwebhooks';

/** A signed post of a webhook (Standard Webhooks 1.0), whose parts a test may spoil. */
export interface SignedPost {
  readonly secret: string;
  readonly id: string;
  /** An object is sent as JSON. */
  readonly body: object | string;
  readonly at?: Date;
  /** Another body than the one that was signed. */
  readonly sends?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Posts it; answers status, type and parsed body. */
export async function signedPost(url: string, { secret, id, body, at = new Date(), sends, headers }: SignedPost) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, at, text),
      ...headers,
    },
    body: sends ?? text,
  });
  const answer = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    body: answer === '' ? undefined : JSON.parse(answer),
  };
}
