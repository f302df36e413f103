import { z } from 'zod';
import { NotAllowed } from '../core/failures.ts';
import { ArmRefused, type ArmSettings, armWire, failureOf } from './arm-wire.ts';

export interface ActivityLog {
  /**
   * The events of a subscription whose `eventTimestamp` lies in the window (both ends included, ISO 8601 with `Z`), newest
   * first, each as it came over the wire (`EventData` of REST 2015-04-01). The log reaches 90 days back: an earlier
   * `from` throws. Events appear minutes late, so windows must overlap.
   */
  events(subscriptionId: string, from: string, to: string): AsyncIterable<unknown>;
}

const Instant = z.iso.datetime();
const Page = z.object({ value: z.array(z.unknown()) });

/**
 * Azure's activity log by `@azure/arm-monitor`. The SDK pages and signs; the events are taken from the wire, because its
 * model drops members (`channels`, `relatedEvents`) and turns times into dates of less precision. Failures: `KnownLater`
 * (429, 5xx, not reachable, no token), `NotAllowed` (no right to the subscription, or no such subscription).
 */
export function createActivityLog(settings: ArmSettings): ActivityLog {
  return { events: (subscriptionId, from, to) => events(settings, subscriptionId, from, to) };
}

async function* events(
  settings: ArmSettings,
  subscriptionId: string,
  from: string,
  to: string,
): AsyncIterable<unknown> {
  const { MonitorClient } = await import('@azure/arm-monitor');
  const wire = armWire(settings);
  const client = new MonitorClient(settings.credential, subscriptionId, wire.options);
  wire.prepare(client.pipeline);
  const filter = `eventTimestamp ge '${Instant.parse(from)}' and eventTimestamp le '${Instant.parse(to)}'`;
  const pages = client.activityLogs.list(filter).byPage();
  try {
    for await (const _ of pages) yield* Page.parse(JSON.parse(wire.lastBody())).value;
  } catch (error) {
    throw notFound(error, subscriptionId) ?? failureOf(error);
  }
}

/** A subscription that is gone, or was never visible to us, answers 404. */
function notFound(error: unknown, subscriptionId: string): NotAllowed | undefined {
  if (!(error instanceof ArmRefused) || error.status !== 404) return undefined;
  return new NotAllowed(`Azure knows no subscription ${subscriptionId}`, { code: error.code, cause: error });
}
