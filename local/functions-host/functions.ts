import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Registration } from './core.ts';
import { RetryPolicy } from './retry.ts';

const HttpTrigger = z.object({
  type: z.string().regex(/^httpTrigger$/i),
  route: z.string().optional(),
  methods: z.array(z.string().toUpperCase()).default([]),
  authLevel: z
    .string()
    .default('function')
    .transform((level) => level.toLowerCase())
    .pipe(z.enum(['anonymous', 'function', 'admin'])),
});

const TimerTrigger = z.object({
  type: z.string().regex(/^timerTrigger$/i),
  schedule: z.string(),
  runOnStartup: z.boolean().default(false),
  useMonitor: z.boolean().default(true),
});

const ServiceBusTrigger = z.object({
  type: z.string().regex(/^serviceBusTrigger$/i),
  connection: z.string(),
  queueName: z.string({ error: 'only queues are served, no topics' }),
  isSessionsEnabled: z.boolean().default(false),
  autoCompleteMessages: z.boolean().optional(),
  cardinality: z.literal('one', { error: 'only one message at a time is served' }).default('one'),
  dataType: z.string().optional(),
});

interface Named<T> {
  readonly id: string;
  readonly name: string;
  readonly registration: Registration;
  readonly retry: RetryPolicy | undefined;
  /** Name of the trigger's binding, under which its input is passed. */
  readonly binding: string;
  readonly options: T;
}

export type HttpFunction = { readonly trigger: 'http' } & Named<z.infer<typeof HttpTrigger>>;
export type TimerFunction = { readonly trigger: 'timer' } & Named<z.infer<typeof TimerTrigger>>;
export type ServiceBusFunction = { readonly trigger: 'service-bus' } & Named<z.infer<typeof ServiceBusTrigger>>;

/** A registered function whose trigger this host serves. */
export type FunctionDefinition = HttpFunction | TimerFunction | ServiceBusFunction;

/**
 * Reads what an app registered. Throws an error that names the function when its trigger, a binding or an option is not
 * served on one machine: a function that silently never runs would be worse.
 */
export function defineFunction(registration: Registration): FunctionDefinition {
  const { metadata } = registration;
  const fail = (why: string): never => {
    throw new Error(`function "${metadata.name}": ${why}`);
  };
  const [trigger, ...others] = Object.entries(metadata.bindings).filter(([, { type }]) =>
    /trigger$/i.test(String(type)),
  );
  if (trigger === undefined || others.length > 0) return fail('must have exactly one trigger');
  for (const [binding, { type, direction }] of Object.entries(metadata.bindings)) {
    const served = binding === trigger[0] || (direction === 'out' && String(type).toLowerCase() === 'http');
    if (!served)
      fail(`the ${String(direction)}put binding "${binding}" (${String(type)}) is not served on one machine`);
  }
  const read = <T>(schema: z.ZodType<T>, value: unknown): T => {
    const parsed = schema.safeParse(value);
    return parsed.success ? parsed.data : fail(z.prettifyError(parsed.error));
  };
  const common = {
    id: createHash('sha256').update(metadata.name).digest('hex').slice(0, 32),
    name: metadata.name,
    registration,
    retry: metadata.retryOptions === undefined ? undefined : read(RetryPolicy, metadata.retryOptions),
    binding: trigger[0],
  };
  switch (String(trigger[1]['type']).toLowerCase()) {
    case 'httptrigger':
      return { trigger: 'http', ...common, options: read(HttpTrigger, trigger[1]) };
    case 'timertrigger':
      return { trigger: 'timer', ...common, options: read(TimerTrigger, trigger[1]) };
    case 'servicebustrigger':
      return { trigger: 'service-bus', ...common, options: read(ServiceBusTrigger, trigger[1]) };
    default:
      return fail(`the trigger ${String(trigger[1]['type'])} is not served on one machine`);
  }
}
