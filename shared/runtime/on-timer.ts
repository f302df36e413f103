import type { InvocationContext, Timer } from '@azure/functions';
import { knownLater } from './classify-failure.ts';
import { type App, app } from './compose.ts';

/**
 * A timer handler. A timer only starts work that is found again by the next run, so a store that is away is no failure:
 * it is logged, and the next run does the rest.
 */
export function onTimer(
  handle: (app: App, timer: Timer) => Promise<unknown>,
): (timer: Timer, context: InvocationContext) => Promise<void> {
  return async (timer, context) => {
    try {
      await handle(await app(), timer);
    } catch (error) {
      const later = knownLater(error);
      if (later === undefined) throw error;
      context.warn(`later: ${context.functionName} is left to its next run: ${later.message}`);
    }
  };
}
