import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { makeKeys } from '../../local/runtime/give-keys.ts';
import { checkSignature, secretsFor } from '../../shared/runtime/check-signature.ts';

const secret = () => makeKeys()['BILLING_WEBHOOK_SECRETS'] ?? '';
const [current, older, foreign] = [secret(), secret(), secret()];
const body = '{"type":"invoice.paid"}';

function headersOf(by: string, text: string, at = new Date(), id = 'msg_1'): Headers {
  return new Headers({
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(by).sign(id, at, text),
  });
}
const check = (text: string, headers: Headers) => checkSignature(`${current}, ${older}`, Buffer.from(text), headers);

test('a body signed with either live secret is the sender’s, whatever stands in it', () => {
  expect(check(body, headersOf(current, body))).toEqual({ id: 'msg_1', text: body });
  expect(check(body, headersOf(older, body))).toEqual({ id: 'msg_1', text: body });
  expect(check('no json', headersOf(current, 'no json'))).toEqual({ id: 'msg_1', text: 'no json' });
});

test('another secret, a changed body or id, an old or future time, and missing headers are refused', () => {
  const minutes = (n: number) => new Date(Date.now() + n * 60_000);
  const otherId = headersOf(current, body);
  otherId.set('webhook-id', 'msg_2');
  for (const headers of [
    headersOf(foreign, body),
    headersOf(current, `${body} `),
    headersOf(current, body, minutes(-6)),
    headersOf(current, body, minutes(6)),
    otherId,
    new Headers(),
    new Headers({ 'webhook-id': 'msg_1', 'webhook-timestamp': 'soon', 'webhook-signature': 'v1,' }),
  ]) {
    expect(check(body, headers)).toBeUndefined();
  }
});

test('a secret with a name counts for that sender alone, one without a name for all', () => {
  const setting = `acme-bureau=${current}, other-register=${foreign} ,${older}`;
  expect(secretsFor(setting, 'acme-bureau')).toEqual([current, older]);
  expect(secretsFor(setting, 'other-register')).toEqual([foreign, older]);
  expect(secretsFor(setting, '')).toEqual([older]);
  expect(secretsFor('', 'acme-bureau')).toEqual([]);
  // Then nobody's signature is valid.
  expect(checkSignature('', Buffer.from(body), headersOf(current, body))).toBeUndefined();
});
