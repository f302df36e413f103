import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { RetryContext } from './worker-types.ts';

const Duration = z.object({ seconds: z.number().default(0) }).transform(({ seconds }) => seconds * 1000);

/**
 * A function's retry policy in the worker's form. Azure applies it to timers; for Service Bus the queue's own redelivery
 * stands in its place. Durations in milliseconds.
 */
export const RetryPolicy = z.discriminatedUnion('retryStrategy', [
  z.object({ retryStrategy: z.literal('fixedDelay'), maxRetryCount: z.int().min(-1), delayInterval: Duration }),
  z.object({
    retryStrategy: z.literal('exponentialBackoff'),
    maxRetryCount: z.int().min(-1),
    minimumInterval: Duration,
    maximumInterval: Duration,
  }),
]);
export type RetryPolicy = z.infer<typeof RetryPolicy>;

/** Milliseconds to wait before retry number `retry` (the first is 1). Exponential: the minimum, doubled each time. */
export function retryDelay(policy: RetryPolicy, retry: number): number {
  if (policy.retryStrategy === 'fixedDelay') return policy.delayInterval;
  return Math.min(policy.maximumInterval, policy.minimumInterval * 2 ** (retry - 1));
}

/**
 * Runs `attempt` until it succeeds or the policy is used up (`maxRetryCount` -1 never is), then throws the last error.
 * Waits in real time; `stopping` ends the wait and the retries.
 */
export async function withRetries<T>(
  policy: RetryPolicy | undefined,
  stopping: AbortSignal,
  attempt: (context: RetryContext | undefined) => Promise<T>,
): Promise<T> {
  let context: RetryContext | undefined;
  for (let retry = 1; ; retry += 1) {
    try {
      return await attempt(context);
    } catch (error) {
      if (policy === undefined || stopping.aborted) throw error;
      const { maxRetryCount } = policy;
      if (maxRetryCount !== -1 && retry > maxRetryCount) throw error;
      await sleep(retryDelay(policy, retry), undefined, { signal: stopping }).catch(() => {
        throw error;
      });
      context = { retryCount: retry, maxRetryCount, exception: exceptionOf(error) };
    }
  }
}

function exceptionOf(error: unknown): NonNullable<RetryContext['exception']> {
  if (error instanceof Error) return { message: error.message, source: error.name, stackTrace: error.stack ?? '' };
  return { message: String(error), source: '', stackTrace: '' };
}
