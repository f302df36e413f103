import type { InvocationContext } from '@azure/functions';
import type { z } from 'zod';
import type { QueueName } from '../core/aggregate.ts';
import type { KnownLater } from '../core/failures.ts';
import { knownLater } from './classify-failure.ts';
import type { App } from './compose.ts';
import { app } from './compose.ts';

/** What a handler is told about the message it works on. */
export interface Delivery {
  /** Derived from the message's cause: what the handler remembers it by. */
  readonly messageId: string;
}

const patienceMs = 24 * 3600_000;
const shortestWaitMs = 5_000;
const longestWaitMs = 15 * 60_000;
const insideLockMs = 4 * 60_000;
const builtWithinMs = 60_000;

/**
 * A Service Bus handler that tells three failures apart. *Unreadable*: parked with body and reason, completed.
 * *Known-later*: the same body sent again with a later time and completed, up to 24 h. *Anything else*: thrown; the queue
 * counts, and dead-letters what is a bug.
 */
export function onQueue<T>(
  queue: QueueName,
  schema: z.ZodType<T>,
  handle: (message: T, app: App, delivery: Delivery) => Promise<unknown>,
): (body: unknown, context: InvocationContext) => Promise<void> {
  return async (body, context) => {
    const messageId = String(
      context.triggerMetadata?.['messageId'] ?? context.triggerMetadata?.['MessageId'] ?? context.invocationId,
    );
    const properties = applicationProperties(context);
    const firstAt = Number(properties['firstAt'] ?? 0);
    const attempt = Number(properties['attempt'] ?? 0);
    let running: App | undefined;
    try {
      running = await builtApp(context);
      if (isNewer(body))
        throw Object.assign(new Error(`message ${messageId} is of a newer shape`), { name: 'TimeoutError' });
      const parsed = schema.safeParse(body);
      if (!parsed.success) {
        const reason = parsed.error.issues
          .map((issue) => `${issue.path.join('.') || '(body)'}: ${issue.message}`)
          .join('; ');
        await running.park(queue, messageId, body, reason);
        context.warn(`parked: message ${messageId} of queue ${queue} cannot be read: ${reason}`);
        return;
      }
      await handle(parsed.data, running, { messageId });
    } catch (error) {
      const later = knownLater(error);
      if (later === undefined || running === undefined) throw error;
      await tryLater(running, queue, { messageId, body, attempt, firstAt }, later, context);
    }
  };
}

/**
 * The app, waited for inside the lock: a policy that cannot be read or a store that is away at start would otherwise use up
 * a message's deliveries within seconds.
 */
async function builtApp(context: InvocationContext): Promise<App> {
  const until = Date.now() + builtWithinMs;
  for (;;) {
    try {
      return await app();
    } catch (error) {
      if (Date.now() > until) throw error;
      context.warn(`${context.functionName} waits: the app cannot be built: ${String(error)}`);
      await new Promise((resolve) => setTimeout(resolve, 5_000));
    }
  }
}

interface Postponed {
  readonly messageId: string;
  readonly body: unknown;
  readonly attempt: number;
  readonly firstAt: number;
}

async function tryLater(
  running: App,
  queue: QueueName,
  message: Postponed,
  later: KnownLater,
  context: InvocationContext,
): Promise<void> {
  const now = running.now().getTime();
  const firstAt = message.firstAt > 0 ? message.firstAt : now;
  if (now - firstAt > patienceMs) throw later;
  const backoff = Math.min(longestWaitMs, shortestWaitMs * 2 ** Math.min(message.attempt, 12));
  const waitMs = Math.max(backoff, later.retryAfterMs ?? 0) * (0.9 + Math.random() * 0.2);
  context.warn(
    `later: message ${message.messageId} of queue ${queue}, attempt ${message.attempt + 1}, in ${Math.round(waitMs / 1000)} s: ${later.message}`,
  );
  const again = {
    id: message.messageId,
    lane: String(context.triggerMetadata?.['sessionId'] ?? context.triggerMetadata?.['SessionId'] ?? 'lane-00'),
    body: asBody(message.body),
    properties: { attempt: message.attempt + 1, firstAt },
  };
  // Service Bus itself may be what is away: it is waited out inside the lock, which the host renews.
  const until = Date.now() + insideLockMs;
  for (;;) {
    try {
      await running.sender.sendLater(queue, again, new Date(now + waitMs));
      return;
    } catch (error) {
      if (knownLater(error) === undefined || Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
  }
}

function applicationProperties(context: InvocationContext): Record<string, unknown> {
  const found: unknown =
    context.triggerMetadata?.['applicationProperties'] ?? context.triggerMetadata?.['ApplicationProperties'];
  return typeof found === 'object' && found !== null ? { ...found } : {};
}

function asBody(body: unknown): Record<string, unknown> {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? { ...body } : { value: body };
}

const isNewer = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'v' in body && typeof body.v === 'number' && body.v > 1;
