import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type RetryPolicy, retryDelay, withRetries } from '../../../local/functions-host/retry.ts';

const fixed = (maxRetryCount: number): RetryPolicy => ({
  retryStrategy: 'fixedDelay',
  maxRetryCount,
  delayInterval: 0,
});
const never = new AbortController().signal;

test('a policy allows one attempt and its retries, and the last error is thrown', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(5), fc.nat(8), async (maxRetryCount, failures) => {
      let attempts = 0;
      const run = withRetries(fixed(maxRetryCount), never, async (context) => {
        expect(context?.retryCount ?? 0).toBe(attempts);
        attempts += 1;
        if (attempts <= failures) throw new Error(`failure ${attempts}`);
        return attempts;
      });
      if (failures <= maxRetryCount) expect(await run).toBe(failures + 1);
      else await expect(run).rejects.toThrow(`failure ${maxRetryCount + 1}`);
    }),
  );
});

test('exponential waits double from the minimum up to the maximum', () => {
  const policy: RetryPolicy = {
    retryStrategy: 'exponentialBackoff',
    maxRetryCount: -1,
    minimumInterval: 1000,
    maximumInterval: 5000,
  };
  expect([1, 2, 3, 4, 5000].map((retry) => retryDelay(policy, retry))).toEqual([1000, 2000, 4000, 5000, 5000]);
});
