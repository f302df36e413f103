import type { Evidence, Finding } from '../cases/signal.ts';
import { causeHash } from '../core/ids.ts';
import type { ActivityEvent } from './event.ts';

/** What a detector over the activity log answers. */
export type ActivityFinding = Finding & {
  /**
   * The cause that the signal's id is made of: the same whichever phase of an operation, or whichever of several events
   * that show the same fact, was seen first. The events themselves stand in the evidence.
   */
  readonly eventId: string;
  /** True while the subscription's history is not loaded and "new" may only mean "not known yet". */
  readonly shadow: boolean;
};

/** A detector that needs more than one event, as a signal names it. */
export type DetectorRule = Finding['rule'];

/** Of all phases of one operation on one resource: they are one fact. */
export const operationId = (event: ActivityEvent): string =>
  causeHash('operation', event.subscriptionId, event.correlationId, event.operation, event.resourceId);

/** One event, as a line that a person can read. */
export function evidenceOf(event: ActivityEvent): Evidence {
  return { source: 'activity-log', ref: event.id, text: sentenceOf(event), at: event.at };
}

/** Who did what to which resource, from where, and how it ended. */
export function sentenceOf(event: ActivityEvent): string {
  const { actor } = event;
  const from = actor.ip === undefined ? '' : ` from ${actor.ip}`;
  return `${actor.key}${from}: ${event.operation} on ${shortResource(event)}, ${event.status}, ${event.at}`;
}

/** The end of a resource's id, which people know it by. */
export function shortResource(event: ActivityEvent): string {
  const { resourceType, resourceId } = event;
  if (resourceType === undefined) return resourceId;
  return `${resourceType.split('/').at(-1)} ${resourceId.split('/').at(-1)}`;
}
