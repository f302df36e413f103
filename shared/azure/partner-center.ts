import { z } from 'zod';
import { NotAllowed } from '../core/failures.ts';
import {
  type PartnerCenterCall,
  type PartnerCenterHttp,
  type PartnerCenterReply,
  type PartnerCenterSettings,
  partnerCenterHttp,
} from './partner-center-http.ts';

export interface PartnerCustomer {
  readonly tenantId: string;
  readonly name: string;
  readonly domain: string;
}

/** Where a page begins: a relative link of Partner Center's, with its `MS-ContinuationToken`. */
export interface CustomerPage {
  readonly path: string;
  readonly token?: string;
}

/** An Azure plan. Its id is Partner Center's, never the id of an Azure subscription. */
export interface AzurePlan {
  readonly planId: string;
  readonly name: string;
  readonly status: string;
}

/** `unrecognised`: a word this code does not know; `missing`: Partner Center knows no such entitlement. */
export type EntitlementStatus = 'active' | 'inactive' | 'unrecognised' | 'missing';

/** An Azure subscription under an Azure plan; `entitlementId` is the id that ARM knows. */
export interface Entitlement {
  readonly entitlementId: string;
  readonly name: string;
  readonly status: EntitlementStatus;
}

export interface EntitlementTarget {
  readonly tenantId: string;
  readonly planId: string;
  readonly entitlementId: string;
}

/**
 * What a cancel or reactivate came to. `accepted` is no proof: the status follows minutes later and must be read back.
 * `needsPerson`: the same call will be refused again, so a person has to act (often in the portal).
 */
export type EntitlementWrite =
  | { readonly kind: 'accepted'; readonly status: EntitlementStatus | 'unreported' }
  | { readonly kind: 'refused'; readonly code: string; readonly description: string; readonly needsPerson: boolean };

export interface PartnerCenter {
  /** All customers, page by page as they are asked for. */
  customers(): AsyncIterable<PartnerCustomer>;
  /** One page of a hundred customers: the first, or the one that the page before named. */
  customersOn(page?: CustomerPage): Promise<{
    readonly customers: readonly PartnerCustomer[];
    readonly next: CustomerPage | undefined;
  }>;
  /** The customer's Azure plans; its licence subscriptions are left out. */
  azurePlans(tenantId: string): AsyncIterable<AzurePlan>;
  entitlements(tenantId: string, planId: string): AsyncIterable<Entitlement>;
  /** The status fresh from Partner Center, with the word it used. */
  readEntitlement(
    tenantId: string,
    planId: string,
    entitlementId: string,
  ): Promise<{ readonly status: EntitlementStatus; readonly reported: string }>;
  /** Sends the one cancel with the documented reason `compromise`. `requestId`: a GUID, the same for the same attempt. */
  cancelEntitlement(target: EntitlementTarget, requestId: string): Promise<EntitlementWrite>;
  reactivateEntitlement(target: EntitlementTarget, requestId: string): Promise<EntitlementWrite>;
}

/** Offer of the Azure plan, without its availability (Partner Center REST API, "Azure plan"). */
const azurePlanOffer = 'DZH318Z0BPS6:0001:';
const pageSize = 500;
/** Of a list that is read again at each step of a sweep. */
const stepPageSize = 100;

/**
 * Partner Center's REST API v1. Failures: `KnownLater` (429, 503, not reachable, no token), `OutcomeUnknown` (a write
 * without an answer; only reading back settles it), `NotAllowed` (a read that was refused). Nothing is retried in here.
 */
export function createPartnerCenter(settings: PartnerCenterSettings): PartnerCenter {
  const http = partnerCenterHttp(settings);
  return {
    customers: () => listCustomers(http),
    customersOn: (page) => customersOn(http, page),
    azurePlans: (tenantId) => listPlans(http, tenantId),
    entitlements: (tenantId, planId) => listEntitlements(http, tenantId, planId),
    async readEntitlement(tenantId, planId, entitlementId) {
      const call: PartnerCenterCall = { method: 'GET', path: entitlementPath({ tenantId, planId, entitlementId }) };
      const reply = await http(call);
      if (reply.status === 404) return { status: 'missing', reported: faultOf(reply).description };
      const { status } = read(reply, call, EntitlementForm);
      return { status: statusOf(status), reported: status };
    },
    async cancelEntitlement(target, requestId) {
      const path = `${entitlementPath(target)}/cancel`;
      return written(await http({ method: 'POST', path, requestId, body: { cancellationReason: 'compromise' } }));
    },
    async reactivateEntitlement(target, requestId) {
      return written(
        await http({ method: 'POST', path: `${entitlementPath(target)}/reactivate`, requestId, body: {} }),
      );
    },
  };
}

const segment = (id: string): string => encodeURIComponent(id);
const planPath = (tenantId: string, planId: string) =>
  `/customers/${segment(tenantId)}/subscriptions/${segment(planId)}`;
const entitlementPath = ({ tenantId, planId, entitlementId }: EntitlementTarget) =>
  `${planPath(tenantId, planId)}/azureEntitlements/${segment(entitlementId)}`;

const CustomerForm = z.object({
  id: z.string(),
  companyProfile: z.object({ companyName: z.string().nullish(), domain: z.string().nullish() }),
});
const PlanForm = z.object({ id: z.string(), offerId: z.string(), friendlyName: z.string(), status: z.string() });
const EntitlementForm = z.object({ id: z.string(), friendlyName: z.string().default(''), status: z.string() });
const Next = z.object({
  uri: z.string(),
  headers: z.array(z.object({ key: z.string(), value: z.string() })).nullish(),
});
const collection = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item).default([]), links: z.object({ next: Next.nullish() }).nullish() });
const Fault = z.object({ code: z.union([z.string(), z.number()]), description: z.string().default('') });

async function* listCustomers(http: PartnerCenterHttp): AsyncIterable<PartnerCustomer> {
  for await (const one of pages(http, `/customers?size=${pageSize}`, CustomerForm)) yield customerOf(one);
}

async function customersOn(http: PartnerCenterHttp, page: CustomerPage | undefined) {
  const { path, token } = page ?? { path: `/customers?size=${stepPageSize}` };
  const call: PartnerCenterCall = {
    method: 'GET',
    path,
    ...(token === undefined ? {} : { continuationToken: token }),
  };
  const { items, links } = read(await http(call), call, collection(CustomerForm));
  return { customers: items.map(customerOf), next: nextOf(links?.next) };
}

const customerOf = ({ id, companyProfile }: z.output<typeof CustomerForm>): PartnerCustomer => ({
  tenantId: id.toLowerCase(),
  name: companyProfile.companyName ?? '',
  domain: companyProfile.domain ?? '',
});

async function* listPlans(http: PartnerCenterHttp, tenantId: string): AsyncIterable<AzurePlan> {
  for await (const plan of pages(http, `/customers/${segment(tenantId)}/subscriptions`, PlanForm)) {
    const isAzurePlan = plan.offerId.toUpperCase().startsWith(azurePlanOffer);
    if (isAzurePlan) yield { planId: plan.id, name: plan.friendlyName, status: plan.status };
  }
}

async function* listEntitlements(
  http: PartnerCenterHttp,
  tenantId: string,
  planId: string,
): AsyncIterable<Entitlement> {
  const first = `${planPath(tenantId, planId)}/azureEntitlements`;
  for await (const { id, friendlyName, status } of pages(http, first, EntitlementForm)) {
    yield { entitlementId: id.toLowerCase(), name: friendlyName, status: statusOf(status) };
  }
}

/** Follows `links.next` with its `MS-ContinuationToken`; of its other headers none is sent. */
async function* pages<T extends z.ZodType>(
  http: PartnerCenterHttp,
  first: string,
  item: T,
): AsyncIterable<z.output<T>> {
  let call: PartnerCenterCall | undefined = { method: 'GET', path: first };
  while (call !== undefined) {
    const page: z.output<ReturnType<typeof collection<T>>> = read(await http(call), call, collection(item));
    yield* page.items;
    const next = nextOf(page.links?.next);
    call =
      next === undefined
        ? undefined
        : { method: 'GET', path: next.path, ...(next.token === undefined ? {} : { continuationToken: next.token }) };
  }
}

function nextOf(next: z.output<typeof Next> | null | undefined): CustomerPage | undefined {
  if (next == null) return undefined;
  const token = next.headers?.find(({ key }) => key.toLowerCase() === 'ms-continuationtoken')?.value;
  return { path: next.uri, ...(token === undefined ? {} : { token }) };
}

function read<T extends z.ZodType>(reply: PartnerCenterReply, call: PartnerCenterCall, shape: T): z.output<T> {
  const name = `${call.method} ${call.path}`;
  if (reply.status !== 200) {
    const { code, description } = faultOf(reply);
    throw new NotAllowed(`Partner Center answered ${reply.status} (${code}) to ${name}: ${description}`, { code });
  }
  const parsed = shape.safeParse(reply.body);
  if (parsed.success) return parsed.data;
  throw new Error(
    `Partner Center's answer to ${name} is not of the documented shape: ${z.prettifyError(parsed.error)}`,
  );
}

function faultOf(reply: PartnerCenterReply): { readonly code: string; readonly description: string } {
  const fault = Fault.safeParse(reply.body);
  if (!fault.success) return { code: String(reply.status), description: 'no reason was given' };
  return { code: String(fault.data.code), description: fault.data.description };
}

function statusOf(word: string): EntitlementStatus {
  const status = word.toLowerCase();
  return status === 'active' || status === 'inactive' ? status : 'unrecognised';
}

/** Codes after which the same call may succeed by itself: an operation that is still running. */
const passing = new Set(['900278']);

function written(reply: PartnerCenterReply): EntitlementWrite {
  if (reply.status >= 200 && reply.status < 300) {
    const form = EntitlementForm.safeParse(reply.body);
    return { kind: 'accepted', status: form.success ? statusOf(form.data.status) : 'unreported' };
  }
  const { code, description } = faultOf(reply);
  return { kind: 'refused', code, description, needsPerson: !passing.has(code) };
}
