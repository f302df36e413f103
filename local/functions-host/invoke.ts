import { randomBytes, randomUUID } from 'node:crypto';
import type { Hook } from './core.ts';
import type { FunctionDefinition } from './functions.ts';
import type { WriteLog } from './host-log.ts';
import type {
  CoreInvocationContext,
  HookName,
  InvocationRequest,
  InvocationResponse,
  LogCategory,
  LogLevel,
  ProgrammingModel,
  RetryContext,
  TraceContext,
  TypedData,
} from './worker-types.ts';

/** What a trigger hands to an invocation. */
export interface TriggerInput {
  readonly data: TypedData;
  readonly triggerMetadata?: Readonly<Record<string, TypedData>>;
  readonly retryContext?: RetryContext | undefined;
  readonly traceParent?: string | undefined;
  /** Given by a trigger that must know the id beforehand. */
  readonly invocationId?: string;
}

export type Invoke = (definition: FunctionDefinition, input: TriggerInput) => Promise<InvocationResponse>;

export interface InvokerParts {
  readonly model: ProgrammingModel;
  readonly hooks: readonly Hook[];
  readonly log: WriteLog;
  /** Milliseconds of real time after which an invocation counts as failed (`functionTimeout`). */
  readonly timeoutMs: number;
}

/** Hooks by name, in the order in which the app registered them. */
export function hookRunner(hooks: readonly Hook[]) {
  return async (name: HookName, context: Record<string, unknown>) => {
    for (const hook of hooks) if (hook.name === name) await hook.callback(context);
  };
}

/** Data that hooks of one app share. */
export const appHookData: Record<string, unknown> = {};

/**
 * What runs one invocation in the worker's order: getArguments, preInvocation hooks, the handler, postInvocation hooks,
 * getResponse. It throws what the handler threw, unless a hook took the error away.
 */
export function createInvoker(parts: InvokerParts): Invoke {
  return async (definition, input) => {
    const started = performance.now();
    const request = toRequest(definition, input);
    const log = (level: 'information' | 'error', message: string, error?: unknown) =>
      parts.log(level, `Function.${definition.name}`, message, {
        functionName: definition.name,
        invocationId: request.invocationId,
        ...(error === undefined ? {} : { error }),
      });
    log('information', `Executing ${definition.name}`);
    try {
      const response = await withTimeout(runInvocation(parts, definition, request), definition.name, parts.timeoutMs);
      log('information', `Executed ${definition.name} (Succeeded, ${Math.round(performance.now() - started)} ms)`);
      return response;
    } catch (error) {
      log(
        'error',
        `Executed ${definition.name} (Failed, ${Math.round(performance.now() - started)} ms): ${error}`,
        error,
      );
      throw error;
    }
  };
}

async function runInvocation(
  parts: InvokerParts,
  definition: FunctionDefinition,
  request: InvocationRequest,
): Promise<InvocationResponse> {
  const runHooks = hookRunner(parts.hooks);
  let invocationContext: unknown;
  const core: CoreInvocationContext = {
    invocationId: request.invocationId,
    request,
    metadata: definition.registration.metadata,
    log: (level, category, message) => logLine(parts, definition, request, invocationContext, level, category, message),
  };
  const model = parts.model.getInvocationModel(core);
  const { context, inputs } = await model.getArguments();
  invocationContext = context;
  const shared = { hookData: {}, appHookData, invocationContext: context };

  core.state = 'preInvocationHooks';
  const before = { ...shared, functionCallback: definition.registration.callback, inputs };
  await runHooks('preInvocation', before);

  core.state = 'invocation';
  const after: { inputs: unknown[]; result: unknown; error: unknown } & typeof shared = {
    ...shared,
    inputs: before.inputs,
    result: null,
    error: null,
  };
  try {
    after.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
  } catch (error) {
    // A handler may throw `undefined`; it has failed nevertheless.
    after.error = error ?? new Error(`function "${definition.name}" threw ${String(error)}`);
  }

  core.state = 'postInvocationHooks';
  await runHooks('postInvocation', after);
  core.state = undefined;
  if (after.error !== null && after.error !== undefined) throw after.error;
  return model.getResponse(context, after.result);
}

function logLine(
  parts: InvokerParts,
  definition: FunctionDefinition,
  request: InvocationRequest,
  invocationContext: unknown,
  level: LogLevel,
  category: LogCategory,
  message: string,
): void {
  const line = { level, category, message, invocationContext, hookData: {}, appHookData };
  for (const hook of parts.hooks) if (hook.name === 'log' && category === 'user') hook.callback(line);
  if (line.level === 'none') return;
  parts.log(line.level, `Function.${definition.name}${category === 'user' ? '.User' : ''}`, line.message, {
    functionName: definition.name,
    invocationId: request.invocationId,
  });
}

function toRequest(definition: FunctionDefinition, input: TriggerInput): InvocationRequest {
  return {
    invocationId: input.invocationId ?? randomUUID(),
    functionId: definition.id,
    inputData: [{ name: definition.binding, data: input.data }],
    triggerMetadata: input.triggerMetadata ?? {},
    retryContext: input.retryContext,
    traceContext: traceContext(input.traceParent),
  };
}

/** W3C Trace Context: a child of the caller's trace, or the start of a new one. */
function traceContext(parent: string | undefined): TraceContext {
  const match = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/.exec(parent ?? '');
  const traceId = match?.[1] ?? randomBytes(16).toString('hex');
  const flags = match?.[2] ?? '01';
  return { traceParent: `00-${traceId}-${randomBytes(8).toString('hex')}-${flags}`, traceState: '', attributes: {} };
}

/** Azure ends the worker at `functionTimeout`; here the invocation fails and the handler's later result is dropped. */
async function withTimeout<T>(work: Promise<T>, name: string, timeoutMs: number): Promise<T> {
  if (!Number.isFinite(timeoutMs)) return work;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`function "${name}" ran longer than functionTimeout (${timeoutMs / 1000} s)`)),
    Math.min(timeoutMs, 2 ** 31 - 1),
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
