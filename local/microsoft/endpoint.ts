import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { JWTVerifyGetKey } from 'jose';
import type { RuntimeClock } from '../clock.ts';
import type { Faults, Misbehaviour } from '../faults.ts';
import { closeServer, listenOnLoopback } from '../issuer/loopback-server.ts';
import { storedKeySet } from '../issuer/signing-keys.ts';
import type { Store } from '../store.ts';
import type { World, WorldCustomer } from '../world.ts';
import { activityLogRoute } from './activity-log.ts';
import { checkBearer } from './bearer.ts';
import { budgetRoute } from './budgets.ts';
import type { UsageSource } from './consumption-scope.ts';
import { type EntitlementState, openEntitlements } from './entitlements.ts';
import {
  type Answer,
  type Call,
  type Route,
  type Service,
  serviceError,
  waitHeaders,
  wholeSeconds,
} from './exchange.ts';
import { graphRoutes } from './graph.ts';
import { partnerCenterRoutes } from './partner-center.ts';
import { type Rate, ratePerMinute } from './rate.ts';
import { roleAssignmentsRoute } from './role-assignments.ts';
import { type TenantSecurity, wellKept } from './tenant-security.ts';
import { usageDetailsRoute } from './usage-details.ts';
import { type OutsideWrite, openWriteLog, type WriteLog } from './write-log.ts';

export interface MicrosoftOptions {
  readonly store: Store;
  readonly clock: RuntimeClock;
  readonly faults: Faults;
  readonly world: World;
  readonly port?: number;
  /** How long a changed entitlement still reads as before, in minutes of the runtime's clock. */
  readonly settleMinutes?: number;
  readonly refuseReactivation?: (entitlementId: string) => boolean;
  /** Calls a minute to Partner Center, per partner tenant and customer. */
  readonly ratePerMinute?: number;
  /** Events on a page of the activity log. */
  readonly activityPageSize?: number;
  /** Where usage details and the current spend of budgets come from; nothing was used unless said. */
  readonly usage?: UsageSource;
  /** How customers' tenants are kept; well, unless said. Asked at each call. */
  readonly security?: (customer: WorldCustomer) => TenantSecurity;
  /** Items on a page of Microsoft Graph and of role assignments. */
  readonly directoryPageSize?: number;
  /** Items on a page of usage details. */
  readonly usagePageSize?: number;
  /** Starts every JSON body with a UTF-8 byte order mark, as .NET services are known to. */
  readonly byteOrderMark?: boolean;
}

/** The stand-in for Microsoft's APIs on loopback. */
export interface Microsoft {
  /** Base URL of ARM, Partner Center and Microsoft Graph. */
  readonly url: string;
  /** Every write that was received, durably, oldest first. */
  writes(): OutsideWrite[];
  entitlementState(id: string): EntitlementState;
  close(): Promise<void>;
}

interface Serving {
  readonly options: MicrosoftOptions;
  readonly keys: JWTVerifyGetKey;
  readonly rate: Rate;
  readonly log: WriteLog;
  readonly routes: readonly Route[];
}

/**
 * Serves ARM, Partner Center and Microsoft Graph over http on 127.0.0.1, in their documented wire form, from `world`. It never drops a
 * repetition: what arrives twice acts twice. Writes and their log are on disk before they are answered.
 */
export async function startMicrosoft(options: MicrosoftOptions): Promise<Microsoft> {
  const { store, clock, world } = options;
  const entitlements = openEntitlements(store, options.settleMinutes ?? 3);
  const usage = options.usage ?? { facts: () => [] };
  const baseUrl = () => url;
  const refuseReactivation = options.refuseReactivation ?? (() => false);
  const directories = {
    ...{ world, clock, baseUrl },
    security: options.security ?? wellKept,
    pageSize: options.directoryPageSize ?? 100,
  };
  const serving: Serving = {
    options,
    keys: await storedKeySet(store),
    rate: ratePerMinute(options.ratePerMinute ?? 500),
    log: openWriteLog(store),
    routes: [
      partnerCenterRoutes({ world, clock, entitlements, refuseReactivation }),
      activityLogRoute(world, clock, baseUrl, options.activityPageSize ?? 200),
      usageDetailsRoute({ world, clock, usage, baseUrl, pageSize: options.usagePageSize ?? 1000 }),
      budgetRoute({ store, clock, usage }),
      graphRoutes(directories),
      roleAssignmentsRoute(directories),
    ],
  };
  const server = createServer((request, response) => {
    serve(serving, request, response).catch((error: unknown) => {
      console.error('the stand-in for Microsoft failed', error);
      response.destroy();
    });
  });
  const url = await listenOnLoopback(server, options.port);
  return {
    url,
    writes: () => serving.log.all(),
    entitlementState: (id) => entitlements.stateOf(id, clock.now()),
    close: () => closeServer(server),
  };
}

async function serve(serving: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const call = await readCall(request);
  const operation = `${call.method} ${call.url.pathname}`;
  const numbered = serving.options.faults.arrive({ endpoint: 'microsoft', operation, target: call.service });
  const dropped = numbered.faults.find((fault) => fault.kind === 'drop');
  if (dropped?.when === 'before') return void response.destroy();
  for (const fault of numbered.faults) if (fault.kind === 'delay') await wait(fault.ms);
  const answer = await answerCall(serving, call, numbered.faults);
  numbered.acted();
  if (dropped !== undefined) return void response.destroy();
  send(serving, call, response, answer);
}

/** The answer, with everything it changed and logged on disk. A `duplicate` fault lets the request arrive twice. */
async function answerCall(serving: Serving, call: Call, faults: readonly Misbehaviour[]): Promise<Answer> {
  const told = faults.find((fault) => fault.kind === 'status');
  if (told !== undefined) {
    const headers = told.retryAfterMs === undefined ? {} : waitHeaders(call, told.retryAfterMs);
    const message = told.status === 429 ? rateExceeded(told.retryAfterMs ?? 1000) : 'Told to fail.';
    return withoutActing(serving, call, {
      ...serviceError(call.service, told.status, told.status === 429 ? 'TooManyRequests' : 'ServiceFault', message),
      headers,
    });
  }
  const bearer = await checkBearer(call.headers.authorization, call.service, serving.keys);
  if ('refused' in bearer) return withoutActing(serving, call, bearer.refused);
  const from = { ...call, callerTenant: bearer.tenantId };
  const throttled = throttle(serving, from);
  if (throttled !== undefined) return withoutActing(serving, from, throttled);
  const answer = await act(serving, from);
  if (faults.some((fault) => fault.kind === 'duplicate')) await act(serving, from);
  return answer;
}

function throttle(serving: Serving, call: Call): Answer | undefined {
  if (call.service !== 'partner-center') return undefined;
  const customer = /^\/v1\/customers\/([^/]+)/.exec(call.url.pathname)?.[1] ?? '';
  const waitMs = serving.rate.take(`${call.callerTenant}|${customer.toLowerCase()}`, serving.options.clock.now());
  if (waitMs === undefined) return undefined;
  const error = serviceError(call.service, 429, 'TooManyRequests', rateExceeded(waitMs));
  return { ...error, headers: waitHeaders(call, waitMs) };
}

const rateExceeded = (ms: number) => `Rate limit is exceeded. Try again in ${wholeSeconds(ms)} seconds.`;

async function act(serving: Serving, call: Call): Promise<Answer> {
  for (const route of serving.routes) {
    const handled = route(call);
    if (handled === undefined) continue;
    if (!('write' in handled)) return withoutActing(serving, call, handled);
    return await serving.options.store.write((db) => {
      const answer = handled.write(db);
      serving.log.add(db, line(serving, call, answer.status, answer.effective));
      return answer;
    });
  }
  const name = `${call.method} ${call.url.pathname}`;
  return withoutActing(
    serving,
    call,
    serviceError(call.service, 501, 'NotServed', `the stand-in does not serve ${name}`),
  );
}

/** An answer that changes nothing. A write among them is logged all the same: it was received. */
async function withoutActing(serving: Serving, call: Call, answer: Answer): Promise<Answer> {
  if (call.method !== 'GET' && call.method !== 'HEAD') {
    await serving.options.store.write((db) => serving.log.add(db, line(serving, call, answer.status, false)));
  }
  return answer;
}

function line(serving: Serving, call: Call, status: number, effective: boolean): OutsideWrite {
  const requestId = call.headers['ms-requestid'] ?? call.headers['x-ms-client-request-id'];
  return {
    at: serving.options.clock.now().toISOString(),
    method: call.method,
    url: call.url.pathname + call.url.search,
    body: call.body,
    status,
    effective,
    requestId: requestId === undefined ? undefined : String(requestId),
  };
}

function serviceAt(path: string): Service {
  if (path.startsWith('/v1/')) return 'partner-center';
  return path.startsWith('/v1.0/') ? 'graph' : 'arm';
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const service = serviceAt(url.pathname);
  const body = Buffer.concat(parts).toString();
  return { service, method: request.method ?? 'GET', url, headers: request.headers, body, callerTenant: '' };
}

function send(serving: Serving, call: Call, response: ServerResponse, answer: Answer): void {
  const echoed = ['ms-requestid', 'ms-correlationid'].flatMap((name) => {
    const value = call.headers[name];
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  const own =
    call.service === 'partner-center'
      ? { 'ms-cv': `${crypto.randomUUID().slice(0, 16)}.0`, 'ms-serverid': 'loopback' }
      : { 'x-ms-request-id': crypto.randomUUID() };
  response.writeHead(answer.status, {
    ...own,
    ...Object.fromEntries(echoed),
    ...(answer.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    ...answer.headers,
  });
  const mark = serving.options.byteOrderMark === true ? '\uFEFF' : '';
  response.end(answer.body === undefined ? undefined : mark + JSON.stringify(answer.body));
}
