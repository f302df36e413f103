import type { InvocationContext } from '@azure/functions';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { onQueue } from '../../shared/runtime/on-queue.ts';

beforeEach(() => {
  vi.useFakeTimers();
  // Nothing is set: the app cannot be built.
  vi.stubEnv('COSMOS_ENDPOINT', undefined);
  vi.stubEnv('SURETY_POLICY', undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

test('an app that cannot be built is waited for a minute before a delivery is used up', async () => {
  const warnings: string[] = [];
  const context = { functionName: 'act', invocationId: 'i', warn: (text: string) => warnings.push(text) };
  const handler = onQueue('actions', z.unknown(), async () => undefined);
  let failed = false;
  const delivery = handler({ v: 1 }, context as unknown as InvocationContext).catch(() => {
    failed = true;
  });
  await vi.advanceTimersByTimeAsync(58_000);
  expect({ failed, warned: warnings.length }).toEqual({ failed: false, warned: 12 });
  await vi.advanceTimersByTimeAsync(10_000);
  await delivery;
  expect(failed).toBe(true);
});
