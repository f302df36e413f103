import type { Decided, Part, Root } from '../core/aggregate.ts';
import { type ActivityBaseline, emptyBaseline } from './baseline.ts';
import type { ActivityEvent } from './event.ts';

/** How far the activity log of one subscription has been read, and what its past looks like. Under 100 KB. */
export interface ActivityPosition extends Root {
  readonly kind: 'activity-position';
  readonly subscriptionId: string;
  /** Everything that happened before this is read. The next window starts some minutes earlier: events come late. */
  readonly through: string;
  readonly firstContactAt: string;
  readonly baseline: ActivityBaseline;
  /** Short ids of the signals told last. It spares repeats; what it forgets is told again under the same id. */
  readonly toldIds?: readonly string[];
  /** Events seen, each once. */
  readonly events: number;
  /** Short ids of the events that the next window may show again; when they are many, they stand in the child `recentIn`. */
  readonly recent: readonly string[];
  readonly recentIn?: string;
  /** Events that could not be read, counted by field. */
  readonly refused: Readonly<Record<string, number>>;
  /** Set while what was read is being told, a commit's worth at a time. */
  readonly reading?: Reading;
  /** Set while the log may not be read: then nothing is known, which is not "nothing happened". */
  readonly blind?: { readonly since: string; readonly code: string };
}

/** How far one batch of events is judged. */
export interface Reading {
  /** Name of the batch. */
  readonly of: string;
  /** So many of its events are judged, the last of them this one. */
  readonly judged: number;
  readonly last?: string;
  /** So many rules' findings of the event after that one are told. */
  readonly partly: number;
}

/** Where the position of a subscription stands. */
export const positionAddress = (subscriptionId: string) =>
  ({ container: 'activity', partition: subscriptionId, id: subscriptionId }) as const;

/** Short ids of the events that the next window may show again, when they are many. */
export interface SeenEvents extends Part {
  readonly kind: 'seen-events';
  readonly ids: readonly string[];
}

/** Where a document beside a position stands. */
export const besidePosition = (subscriptionId: string, id: string) =>
  ({ container: 'activity', partition: subscriptionId, id }) as const;

/** Before anything was read. */
export const never = new Date(0).toISOString();

/** What a position keeps of an event's id: 64 bits. */
export const shortId = (event: Pick<ActivityEvent, 'id'>): string => event.id.slice(0, 16);

/** A position of which nothing has been read. */
export function unread(subscriptionId: string, firstContactAt: string): Decided<ActivityPosition> {
  return {
    id: subscriptionId,
    v: 1,
    kind: 'activity-position',
    subscriptionId,
    through: never,
    firstContactAt,
    baseline: emptyBaseline(subscriptionId),
    toldIds: [],
    events: 0,
    recent: [],
    refused: {},
  };
}
