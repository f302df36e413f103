import { z } from 'zod';
import type { RuntimeClock } from '../clock.ts';
import type { World, WorldEvent } from '../world.ts';
import { type Answer, armError, pageToken, type Route, readPageToken } from './exchange.ts';

const path = /^\/subscriptions\/([^/]+)\/providers\/Microsoft\.Insights\/eventtypes\/management\/values$/i;
const retentionMs = 90 * 24 * 3_600_000;

/** The five documented patterns: a window, and at most one of four members. */
const filterPattern =
  /^eventTimestamp ge '([^']+)' and eventTimestamp le '([^']+)'(?: and (resourceGroupName|resourceUri|resourceProvider|correlationId) eq '([^']+)')?$/;

type Event = Readonly<Record<string, unknown>>;

/**
 * `GET /subscriptions/{id}/providers/Microsoft.Insights/eventtypes/management/values` (2015-04-01): newest first, 90
 * days back, and only what the log shows already. Pages of one list agree on the instant the first was asked.
 */
export function activityLogRoute(world: World, clock: RuntimeClock, baseUrl: () => string, pageSize: number): Route {
  // Grouped with the first request: a generated world makes its events only then.
  let grouped: Map<string, WorldEvent[]> | undefined;
  const eventsOf = (subscriptionId: string) => {
    grouped ??= Map.groupBy(world.activity, (event) => event.subscriptionId.toLowerCase());
    return grouped.get(subscriptionId) ?? [];
  };
  const known = new Set(
    world.customers.flatMap(({ plans }) =>
      plans.flatMap((plan) => plan.entitlements.map(({ id }) => id.toLowerCase())),
    ),
  );
  return (call) => {
    const subscriptionId = path.exec(call.url.pathname)?.[1];
    if (subscriptionId === undefined || call.method !== 'GET') return undefined;
    const version = call.url.searchParams.get('api-version');
    if (version !== '2015-04-01') {
      return armError(400, 'InvalidApiVersionParameter', `The api-version '${version}' is not supported: 2015-04-01.`);
    }
    if (!known.has(subscriptionId.toLowerCase())) {
      return armError(404, 'SubscriptionNotFound', `The subscription '${subscriptionId}' could not be found.`);
    }
    const events = eventsOf(subscriptionId.toLowerCase());
    return listEvents(events, call.url, clock.now(), pageSize, (query) => `${baseUrl()}${call.url.pathname}?${query}`);
  };
}

const Place = z.object({ asOf: z.int(), offset: z.int().nonnegative() });

function listEvents(
  events: readonly WorldEvent[],
  url: URL,
  now: Date,
  pageSize: number,
  linkOf: (query: URLSearchParams) => string,
): Answer {
  const filter = filterPattern.exec(url.searchParams.get('$filter') ?? '');
  const [, from, to, member, wanted] = filter ?? [];
  if (from === undefined || to === undefined || Number.isNaN(Date.parse(from)) || Number.isNaN(Date.parse(to))) {
    return armError(
      400,
      'BadRequest',
      `The $filter is not one of the documented patterns: ${filter?.[0] ?? 'no match'}.`,
    );
  }
  if (Date.parse(from) < now.getTime() - retentionMs) {
    return armError(400, 'BadRequest', 'The start time cannot be more than 90 days in the past.');
  }
  const token = url.searchParams.get('$skiptoken');
  const place = token === null ? { asOf: now.getTime(), offset: 0 } : Place.safeParse(readPageToken(token)).data;
  if (place === undefined) return armError(400, 'BadRequest', 'The $skiptoken is not valid.');
  const matching = events
    .filter((each) => Date.parse(each.visibleAt) <= place.asOf)
    .map((each) => each.event)
    .filter((event) => inWindow(event, Date.parse(from), Date.parse(to)) && hasMember(event, member, wanted))
    .toSorted((a, b) => eventTime(b) - eventTime(a));
  const page = matching.slice(place.offset, place.offset + pageSize);
  const body = { value: page.map((event) => select(event, url.searchParams.get('$select'))) };
  const end = place.offset + pageSize;
  if (end >= matching.length) return { status: 200, body };
  const query = new URLSearchParams(url.searchParams);
  query.set('$skiptoken', pageToken({ asOf: place.asOf, offset: end }));
  return { status: 200, body: { ...body, nextLink: linkOf(query) } };
}

const eventTime = (event: Event): number => Date.parse(String(event['eventTimestamp']));

function inWindow(event: Event, from: number, to: number): boolean {
  const at = eventTime(event);
  return at >= from && at <= to;
}

function hasMember(event: Event, member: string | undefined, wanted: string | undefined): boolean {
  if (member === undefined || wanted === undefined) return true;
  const name = { resourceUri: 'resourceId', resourceProvider: 'resourceProviderName' }[member] ?? member;
  const value = z
    .union([z.string(), z.object({ value: z.string() }).transform((each) => each.value)])
    .safeParse(event[name]);
  return value.success && value.data.toLowerCase() === wanted.toLowerCase();
}

function select(event: Event, list: string | null): Event {
  if (list === null || list === '') return event;
  const members = new Set(list.split(',').map((each) => each.trim()));
  return Object.fromEntries(Object.entries(event).filter(([name]) => members.has(name)));
}
