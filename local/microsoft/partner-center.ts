import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { RuntimeClock } from '../clock.ts';
import type { World, WorldCustomer, WorldPlan } from '../world.ts';
import type { Entitlements } from './entitlements.ts';
import {
  type Answer,
  type Call,
  type Handled,
  pageToken,
  partnerCenterFault,
  type Route,
  readPageToken,
  type WriteAnswer,
} from './exchange.ts';
import {
  collectionForm,
  customerDetailForm,
  customerForm,
  entitlementDetailForm,
  entitlementForm,
  subscriptionForm,
} from './partner-center-forms.ts';

export interface PartnerCenterParts {
  readonly world: World;
  readonly clock: RuntimeClock;
  readonly entitlements: Entitlements;
  /** Which entitlements the partner may not reactivate: 400, 900337. */
  readonly refuseReactivation: (entitlementId: string) => boolean;
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

const invalidCustomer = partnerCenterFault(400, 900118, 'The customer id is not valid.');
const noRelationship = partnerCenterFault(403, 900159, 'The partner has no commerce relationship with the customer.');
const entitlementNotFound = partnerCenterFault(404, 800111, 'The Azure entitlement was not found.');

/** Partner Center v1: customers, their plans, entitlements, cancel and reactivate (reference: Partner Center REST API). */
export function partnerCenterRoutes(parts: PartnerCenterParts): Route {
  const byTenant = new Map(parts.world.customers.map((each) => [each.tenantId.toLowerCase(), each]));
  return (call) => {
    const [version, collection, tenantId, ...rest] = call.url.pathname.split('/').slice(1);
    if (version !== 'v1' || collection !== 'customers') return undefined;
    if (tenantId === undefined) return call.method === 'GET' ? listCustomers(parts.world, call.url, call) : undefined;
    const handle = route(parts, call, rest);
    if (handle === undefined) return undefined;
    if (!guid.test(tenantId)) return invalidCustomer;
    const customer = byTenant.get(tenantId.toLowerCase());
    return customer === undefined ? noRelationship : handle(customer);
  };
}

/** What answers the part of the path behind the customer; undefined when it is not served. */
function route(
  parts: PartnerCenterParts,
  call: Call,
  [first, planId, third, entitlementId, verb]: readonly string[],
): ((customer: WorldCustomer) => Handled) | undefined {
  const reading = call.method === 'GET';
  if (first === undefined)
    return reading ? (customer) => ({ status: 200, body: customerDetailForm(customer) }) : undefined;
  if (first !== 'subscriptions') return undefined;
  if (planId === undefined) return reading ? listSubscriptions : undefined;
  if (third !== 'azureEntitlements') return undefined;
  if (entitlementId === undefined) return reading ? (customer) => listEntitlements(parts, customer, planId) : undefined;
  if (verb === undefined && reading) return (customer) => readEntitlement(parts, customer, planId, entitlementId);
  if (call.method !== 'POST' || (verb !== 'cancel' && verb !== 'reactivate')) return undefined;
  return (customer) => ({
    write: (db) => {
      const found = findEntitlement(customer, planId, entitlementId);
      if (found === undefined) return { ...entitlementNotFound, effective: false };
      return verb === 'cancel' ? cancel(parts, db, call, customer, found) : reactivate(parts, db, found);
    },
  });
}

interface Found {
  readonly plan: WorldPlan;
  readonly entitlement: { readonly id: string; readonly friendlyName: string };
}

function findEntitlement(customer: WorldCustomer, planId: string, entitlementId: string): Found | undefined {
  const plan = customer.plans.find((each) => same(each.planId, planId));
  const entitlement = plan?.entitlements.find((each) => same(each.id, entitlementId));
  return plan === undefined || entitlement === undefined ? undefined : { plan, entitlement };
}

const Place = z.object({ offset: z.int().nonnegative() });

/** Pages by `size`; the next one is asked with `seekOperation=Next` and the header `MS-ContinuationToken`. */
function listCustomers(world: World, url: URL, call: Call): Answer {
  const size = Number(url.searchParams.get('size') ?? 500);
  if (!Number.isInteger(size) || size < 1 || size > 500) {
    return partnerCenterFault(400, 800002, 'The size must be between 1 and 500.');
  }
  let offset = 0;
  if (url.searchParams.get('seekOperation') === 'Next') {
    const place = Place.safeParse(readPageToken(String(call.headers['ms-continuationtoken'] ?? '')));
    if (!place.success) return partnerCenterFault(400, 800002, 'The header MS-ContinuationToken is missing or wrong.');
    offset = place.data.offset;
  }
  const self = `/v1/customers?size=${size}`;
  const end = offset + size;
  const next =
    end < world.customers.length
      ? { next: { uri: `${self}&seekOperation=Next`, continuationToken: pageToken({ offset: end }) } }
      : {};
  const items = world.customers.slice(offset, end).map(customerForm);
  return { status: 200, body: collectionForm(items, { self, ...next }) };
}

function listSubscriptions(customer: WorldCustomer): Answer {
  const items = customer.plans.map((plan) => subscriptionForm(customer, plan));
  return { status: 200, body: collectionForm(items, { self: `/customers/${customer.tenantId}/subscriptions` }) };
}

function listEntitlements(parts: PartnerCenterParts, customer: WorldCustomer, planId: string): Answer {
  const plan = customer.plans.find((each) => same(each.planId, planId));
  // What an unknown plan answers is not documented; the error of an unknown entitlement is the nearest that is.
  if (plan === undefined) return entitlementNotFound;
  const now = parts.clock.now();
  const items = plan.entitlements.map((each) =>
    entitlementForm(plan, each, parts.entitlements.stateOf(each.id, now).reads),
  );
  return { status: 200, body: collectionForm(items) };
}

function readEntitlement(parts: PartnerCenterParts, customer: WorldCustomer, planId: string, id: string): Answer {
  const found = findEntitlement(customer, planId, id);
  if (found === undefined) return entitlementNotFound;
  const { reads } = parts.entitlements.stateOf(id, parts.clock.now());
  return { status: 200, body: entitlementDetailForm(customer, found.plan, found.entitlement, reads) };
}

const CancelRequest = z.object({ cancellationReason: z.string() });

/**
 * Cancels at once and answers what it answers in truth: 200 with the status of before. What a second cancel answers is
 * not documented: here it is 400, and nothing changes.
 */
function cancel(
  parts: PartnerCenterParts,
  db: DatabaseSync,
  call: Call,
  customer: WorldCustomer,
  found: Found,
): WriteAnswer {
  const request = CancelRequest.safeParse(parseJson(call.body));
  if (!request.success) return refuse(800002, 'The request body is missing or invalid.');
  if (request.data.cancellationReason !== 'compromise') return refuse(900307, 'The cancellation reason is invalid.');
  const { plan, entitlement } = found;
  const now = parts.clock.now();
  const { reads } = parts.entitlements.stateOf(entitlement.id, now);
  if (!parts.entitlements.change(db, entitlement.id, 'inactive', now)) {
    return refuse(400, 'The Azure entitlement is cancelled already.');
  }
  return { status: 200, body: entitlementDetailForm(customer, plan, entitlement, reads), effective: true };
}

/** 202 without a body. What reactivating an active one answers is not documented: here it is 400, and nothing changes. */
function reactivate(parts: PartnerCenterParts, db: DatabaseSync, { entitlement }: Found): WriteAnswer {
  if (parts.refuseReactivation(entitlement.id))
    return refuse(900337, 'The partner cannot reactivate this entitlement.');
  if (!parts.entitlements.change(db, entitlement.id, 'active', parts.clock.now())) {
    return refuse(400, 'The Azure entitlement is active already.');
  }
  return { status: 202, effective: true };
}

const refuse = (code: number, description: string): WriteAnswer => ({
  ...partnerCenterFault(400, code, description),
  effective: false,
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
