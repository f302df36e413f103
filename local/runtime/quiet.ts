import type { FunctionsHost } from '../functions-host/host.ts';
import type { ServiceBusEndpoint } from '../service-bus/endpoint.ts';

/** True while nothing runs and nothing waits to run: only then may the clock move. */
export function isQuiet(host: FunctionsHost, serviceBus: ServiceBusEndpoint): boolean {
  return host.running === 0 && serviceBus.queueStates().every((queue) => queue.active === 0 && queue.locked === 0);
}

/**
 * Resolves when all is quiet, on real time. Looks again a moment later, because a message that was just taken in is neither
 * active nor running for an instant.
 */
export async function untilQuiet(host: FunctionsHost, serviceBus: ServiceBusEndpoint): Promise<void> {
  let calm = 0;
  while (calm < 2) {
    calm = isQuiet(host, serviceBus) ? calm + 1 : 0;
    await new Promise((resolve) => (calm > 0 ? setImmediate(resolve) : setTimeout(resolve, 2)));
  }
}

/** The next instant at which something wants to run: a timer, or a message that was scheduled. */
export function nextInstant(host: FunctionsHost, serviceBus: ServiceBusEndpoint): Date | undefined {
  const instants = [host.nextTimerAt(), ...serviceBus.queueStates().map((queue) => queue.nextScheduledAt)];
  const times = instants.filter((instant) => instant !== undefined).map((instant) => instant.getTime());
  return times.length === 0 ? undefined : new Date(Math.min(...times));
}
