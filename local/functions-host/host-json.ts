import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** `[d.]hh:mm:ss[.fffffff]` of .NET, as milliseconds. */
export const TimeSpan = z
  .string()
  .regex(/^(\d+\.)?\d{1,2}:\d{2}:\d{2}(\.\d{1,7})?$/, 'must be a time span such as "00:05:00"')
  .transform(timeSpanMs);

function timeSpanMs(text: string): number {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?$/.exec(text);
  if (match === null) return 0;
  const [, days = '0', hours = '0', minutes = '0', seconds = '0', fraction = '0'] = match;
  const whole = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  return whole * 1000 + Math.round(Number(`0.${fraction}`) * 1000);
}

const positive = z.int().positive();

const Http = z
  .object({
    routePrefix: z.string().default('api'),
    /** -1 is no limit; otherwise a request beyond it is answered 429. */
    maxOutstandingRequests: z.int().default(-1),
    /** -1 is no limit; otherwise requests beyond it wait. */
    maxConcurrentRequests: z.int().default(-1),
    customHeaders: z.record(z.string(), z.string()).default({}),
  })
  .prefault({});

const ServiceBus = z
  .object({
    autoCompleteMessages: z.boolean().default(true),
    maxConcurrentCalls: positive.default(16),
    maxConcurrentSessions: positive.default(8),
    sessionIdleTimeout: TimeSpan.prefault('00:01:00'),
    maxAutoLockRenewalDuration: TimeSpan.prefault('00:05:00'),
    clientRetryOptions: z
      .object({
        mode: z.string().default('exponential'),
        maxRetries: z.int().min(0).default(3),
        delay: TimeSpan.prefault('00:00:00.800'),
        maxDelay: TimeSpan.prefault('00:01:00'),
        tryTimeout: TimeSpan.prefault('00:01:00'),
      })
      .prefault({}),
  })
  .prefault({});

const HostJson = z.object({
  version: z.literal('2.0'),
  functionTimeout: z.union([TimeSpan, z.literal('-1').transform(() => Number.POSITIVE_INFINITY)]).prefault('00:30:00'),
  functions: z.array(z.string()).optional(),
  extensions: z.object({ http: Http, serviceBus: ServiceBus }).prefault({}),
  logging: z.object({ logLevel: z.record(z.string(), z.string()).default({}) }).prefault({}),
});

/** host.json as this host uses it; durations in milliseconds. */
export type HostJson = z.infer<typeof HostJson>;

/** Members that are honoured, or that change nothing on one machine. Anything else is reported. */
const known: readonly string[] = [
  'version',
  'functionTimeout',
  'functions',
  'extensions.http.routePrefix',
  'extensions.http.maxOutstandingRequests',
  'extensions.http.maxConcurrentRequests',
  'extensions.http.customHeaders',
  'extensions.serviceBus.autoCompleteMessages',
  'extensions.serviceBus.maxConcurrentCalls',
  'extensions.serviceBus.maxConcurrentSessions',
  'extensions.serviceBus.sessionIdleTimeout',
  'extensions.serviceBus.maxAutoLockRenewalDuration',
  'extensions.serviceBus.clientRetryOptions',
  'logging.logLevel',
  // Without effect here: telemetry, packages of the real host, HSTS (which browsers ignore on plain HTTP).
  'extensions.http.hsts',
  'logging',
  'telemetryMode',
  'extensionBundle',
  'aggregator',
  'applicationInsights',
  'healthMonitor',
  'managedDependency',
  'watchDirectories',
  'watchFiles',
];

/** Values of members that this host does not serve, and which change nothing. */
const harmless: Readonly<Record<string, unknown>> = {
  'extensions.http.dynamicThrottlesEnabled': false,
  'extensions.serviceBus.prefetchCount': 0,
  'extensions.serviceBus.transportType': 'amqpTcp',
  'extensions.serviceBus.enableCrossEntityTransactions': false,
  'concurrency.dynamicConcurrencyEnabled': false,
};

/**
 * Reads host.json of the app. Throws an error that names the member when a value is unusable or the file is missing;
 * `ignored` names members whose value would change behaviour in Azure and which are not served here.
 */
export function readHostJson(appDir: string): { readonly hostJson: HostJson; readonly ignored: readonly string[] } {
  const file = join(appDir, 'host.json');
  if (!existsSync(file)) throw new Error(`${file} is missing: without it Azure does not start the app either`);
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`${file} is not JSON: ${String(cause)}`, { cause });
  }
  const parsed = HostJson.safeParse(content);
  if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
  return { hostJson: parsed.data, ignored: ignoredMembers(content, '') };
}

function ignoredMembers(value: unknown, path: string): string[] {
  if (path !== '' && known.includes(path)) return [];
  if (path in harmless && harmless[path] === value) return [];
  const isParent = path === '' || [...known, ...Object.keys(harmless)].some((name) => name.startsWith(`${path}.`));
  if (!isParent || typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, member]) =>
    ignoredMembers(member, path === '' ? name : `${path}.${name}`),
  );
}
