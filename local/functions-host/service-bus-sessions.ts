import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceBusSessionReceiver } from '@azure/service-bus';
import type { QueueListener, QueueParts } from './service-bus-listener.ts';

/**
 * How many requests for a next session wait at the broker while none has messages. Each session that comes is replaced by a
 * new request, so few suffice to reach `maxConcurrentSessions`, and an idle queue costs next to nothing.
 */
const maxWaiting = 4;

/** The longest single wait for a message of a session, so that a stop need not sit out a long `sessionIdleTimeout`. */
const longestWaitMs = 1000;

const firstPauseMs = 100;
const longestPauseMs = 5000;

/**
 * A queue with sessions: up to `maxConcurrentSessions` sessions at once, the messages of one in order, one at a time. A
 * session is given back when it had no message for `sessionIdleTimeout`.
 */
export function serveSessions(parts: QueueParts): QueueListener {
  const stopping = new AbortController();
  const served = new Set<Promise<void>>();
  let waiting = 0;
  let pauseMs = 0;

  const accept = async (): Promise<ServiceBusSessionReceiver | undefined> => {
    const asked = performance.now();
    try {
      const receiver = await parts.client.acceptNextSession(parts.queue, {
        maxAutoLockRenewalDurationInMs: parts.options.maxAutoLockRenewalDuration,
        skipParsingBodyAsJson: true,
      });
      pauseMs = 0;
      return receiver;
    } catch (error) {
      if (stopping.signal.aborted) return undefined;
      // The broker held the request for its time and there was no session: that is an answer, not a fault.
      if (isTimeout(error) && performance.now() - asked > longestWaitMs) return undefined;
      parts.warn('no session could be asked for', error);
      pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, pauseMs * 2));
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
      return undefined;
    }
  };

  const grow = () => {
    const wanted = Math.min(maxWaiting, parts.options.maxConcurrentSessions - served.size);
    while (!stopping.signal.aborted && waiting < wanted) {
      waiting += 1;
      void accept().then((receiver) => {
        waiting -= 1;
        if (receiver !== undefined) {
          const work = serveSession(parts, receiver, stopping.signal).finally(() => {
            served.delete(work);
            grow();
          });
          served.add(work);
        }
        grow();
      });
    }
  };
  grow();

  return {
    async stop() {
      // Requests that still wait end with the connection; a session that one of them gets meanwhile is given back.
      stopping.abort();
      await Promise.all(served);
    },
  };
}

/** Handles the messages of one session until it is idle, lost, or the host stops. Never throws. */
async function serveSession(
  parts: QueueParts,
  receiver: ServiceBusSessionReceiver,
  stopping: AbortSignal,
): Promise<void> {
  const { sessionIdleTimeout, maxAutoLockRenewalDuration } = parts.options;
  const acceptedAt = performance.now();
  let lastMessageAt = acceptedAt;
  // The SDK renews a session's lock for that long after it was accepted. A busy session is given back halfway and asked for
  // again, so that a message never starts under a lock that is renewed no more.
  const giveBackAt = maxAutoLockRenewalDuration > 0 ? acceptedAt + maxAutoLockRenewalDuration / 2 : Infinity;
  try {
    while (!stopping.aborted && !receiver.isClosed && performance.now() < giveBackAt) {
      const leftMs = sessionIdleTimeout - (performance.now() - lastMessageAt);
      if (leftMs <= 0) break;
      const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: Math.min(leftMs, longestWaitMs) });
      if (message === undefined) continue;
      await parts.handle(receiver, message);
      lastMessageAt = performance.now();
    }
  } catch (error) {
    parts.warn(`session ${receiver.sessionId} was lost`, error);
  }
  await receiver.close().catch((error) => parts.warn(`session ${receiver.sessionId} could not be given back`, error));
}

const isTimeout = (error: unknown) =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ServiceTimeout' || error.code === 'OperationTimeoutError');
