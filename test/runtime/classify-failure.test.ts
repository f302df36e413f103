import { expect, test } from 'vitest';
import { KnownLater, NewerShape, OutcomeUnknown } from '../../shared/core/failures.ts';
import { knownLater } from '../../shared/runtime/classify-failure.ts';

const coded = (code: string | number) => Object.assign(new Error(`failed with ${code}`), { code });

test.each([
  ['a throttled store', coded(429)],
  ['a store that is away', coded('ECONNREFUSED')],
  ['a busy Service Bus', coded('ServiceBusy')],
  ['a socket that fetch hides in the cause', new TypeError('fetch failed', { cause: coded('ECONNRESET') })],
  ['a shape that newer code knows', new NewerShape('v 2')],
  ['an outcome that only looking tells', new OutcomeUnknown('cut off')],
  ['all tries of an SDK together', new AggregateError([coded('ServiceBusy'), coded('ServiceTimeout')])],
])('%s is waited for', (_name, error) => {
  expect(knownLater(error)).toBeInstanceOf(KnownLater);
});

test.each([
  ['a bug', new TypeError('x is not a function')],
  ['a refusal', coded(403)],
  ['tries of which one was a bug', new AggregateError([coded('ServiceBusy'), new TypeError('x is not a function')])],
  ['nothing at all', new AggregateError([])],
  ['a text', 'failed'],
])('%s belongs in the dead letters', (_name, error) => {
  expect(knownLater(error)).toBeUndefined();
});

test('the wait that was asked for is kept', () => {
  const error = new KnownLater('busy', { retryAfterMs: 57_000 });
  expect(knownLater(new AggregateError([coded('ServiceBusy'), error]))?.retryAfterMs).toBe(57_000);
});
