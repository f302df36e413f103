import { randomBytes } from 'node:crypto';
import type { RuntimeClock } from '../clock.ts';
import { isDisabled, loadLocalSettings } from './app-settings.ts';
import { workerCore } from './core.ts';
import { defineFunction, type FunctionDefinition } from './functions.ts';
import { type HostJson, readHostJson } from './host-json.ts';
import { filteredLog, type HostLogEntry, type WriteLog } from './host-log.ts';
import { type HostKeys, startHttpListener } from './http-listener.ts';
import { appHookData, createInvoker, hookRunner } from './invoke.ts';
import { type LoadedApp, loadApp } from './load-app.ts';
import { createRunning } from './running.ts';
import { startServiceBusListener } from './service-bus-listener.ts';
import type { TimerStatus } from './timer-status.ts';
import { startTimers } from './timers.ts';
import type { ProgrammingModel } from './worker-types.ts';

export interface FunctionsHostOptions {
  /** Folder with the app's package.json and host.json. */
  readonly appDir: string;
  /** The app's settings; the app itself reads `process.env`, so that is what a runtime passes. */
  readonly env: NodeJS.ProcessEnv;
  readonly clock: RuntimeClock;
  /** Default 7071; 0 takes a free one. */
  readonly port?: number;
  readonly log?: (entry: HostLogEntry) => void;
  /** Without it no timer is ever past due after a restart. */
  readonly timerStatus?: TimerStatus;
  /** Default: random ones, to be read from the host. */
  readonly keys?: Partial<HostKeys>;
}

export interface FunctionsHost {
  readonly url: string;
  readonly keys: HostKeys;
  readonly functions: readonly { readonly name: string; readonly trigger: FunctionDefinition['trigger'] }[];
  /** Invocations in progress: HTTP until answered, messages until settled, timers with their retries. */
  readonly running: number;
  /** The earliest next occurrence of all timers. */
  nextTimerAt(): Date | undefined;
  /** Called after each change of `running`. Returns what stops it. */
  onChange(listener: (running: number) => void): () => void;
  /**
   * Runs a function that has no HTTP trigger, as `POST /admin/functions/{name}` does; for a queue `input` is the message.
   * Rejects with what the function throws.
   */
  invoke(name: string, input?: string): Promise<void>;
  /**
   * Takes up nothing new, lets what runs finish, then closes. Calling it again gives the same promise. Timers of the Service
   * Bus SDK can keep the process for another `tryTimeout`; a runtime that is done ends it with `process.exit`.
   */
  stop(): Promise<void>;
}

/** Azure's limit for a request body, unless the app setting says otherwise. */
const defaultMaxBodyBytes = 104_857_600;

/**
 * Hosts a built Azure Functions app on this machine. The app is loaded and invoked through the invocation model of its own
 * `@azure/functions`, and sees nothing of this host but its settings. Throws when the app cannot be loaded or uses what is
 * not served here; nothing is left running then.
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const { appDir, env, clock } = options;
  const { hostJson, ignored } = readHostJson(appDir);
  loadLocalSettings(appDir, env);
  const log = filteredLog(hostJson.logging.logLevel, () => clock.now(), options.log ?? (() => {}));
  for (const member of ignored) log('warning', 'Host.Startup', `host.json: ${member} is not served on one machine`);

  const core = workerCore();
  core.log = (level, category, message) => {
    if (level !== 'none') log(level, `Host.Worker.${category}`, message);
  };
  const app = await loadApp(appDir, core);
  const functions = enabledFunctions(app, hostJson, env, log);
  if (core.model === undefined) throw new Error(`no file of ${appDir} registered a function`);
  await hookRunner(app.hooks)('appStart', { hookData: {}, appHookData });
  const capabilities = await capabilitiesOf(core.model);

  const running = createRunning();
  const invoke = createInvoker({ model: core.model, hooks: app.hooks, log, timeoutMs: hostJson.functionTimeout });
  const keys = { function: randomKey(), master: randomKey(), ...options.keys };
  const invokeByName = async (name: string, input: string): Promise<void> => {
    const definition = functions.find((candidate) => candidate.name === name);
    if (definition?.trigger === 'timer') return timers.run(name);
    if (definition?.trigger !== 'service-bus')
      throw new Error(`there is no function "${name}" without an HTTP trigger`);
    await running.track(() => invoke(definition, { data: { string: input } }));
  };
  const shared = { env, clock, invoke, running, log };
  const http = await startHttpListener({
    ...shared,
    functions,
    http: hostJson.extensions.http,
    port: options.port ?? 7071,
    keys,
    maxBodyBytes: Number(env['FUNCTIONS_REQUEST_BODY_SIZE_LIMIT'] ?? defaultMaxBodyBytes),
    streamUri: capabilities['HttpUri'],
    invokeByName,
  });
  const { timers, serviceBus } = await startTriggers(functions, hostJson, options.timerStatus, shared).catch(
    async (error) => {
      await http.close();
      throw error;
    },
  );
  log('information', 'Host.Startup', `${functions.length} functions at ${http.url}`);

  const stop = async () => {
    timers.stop();
    http.stopListening();
    await serviceBus.stop();
    await running.idle();
    await Promise.all([http.close(), serviceBus.close()]);
    await hookRunner(app.hooks)('appTerminate', { hookData: {}, appHookData });
  };
  let stopped: Promise<void> | undefined;
  return {
    url: http.url,
    keys,
    functions: functions.map(({ name, trigger }) => ({ name, trigger })),
    get running() {
      return running.count;
    },
    nextTimerAt: () => timers.nextAt(),
    onChange: (listener) => running.onChange(listener),
    invoke: (name, input = '') => invokeByName(name, input),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

type Shared = Omit<Parameters<typeof startTimers>[0], 'functions' | 'status'>;

async function startTriggers(
  functions: readonly FunctionDefinition[],
  hostJson: HostJson,
  status: TimerStatus | undefined,
  shared: Shared,
) {
  const queues = functions.filter((definition) => definition.trigger === 'service-bus');
  const timed = functions.filter((definition) => definition.trigger === 'timer');
  const serviceBus = await startServiceBusListener({
    ...shared,
    functions: queues,
    options: hostJson.extensions.serviceBus,
  });
  try {
    return { serviceBus, timers: startTimers({ ...shared, functions: timed, status }) };
  } catch (error) {
    await serviceBus.stop();
    await serviceBus.close();
    throw error;
  }
}

function enabledFunctions(app: LoadedApp, hostJson: HostJson, env: NodeJS.ProcessEnv, log: WriteLog) {
  const all = app.functions.map(defineFunction);
  const unknown = (hostJson.functions ?? []).filter((name) => !all.some((definition) => definition.name === name));
  if (unknown.length > 0) log('warning', 'Host.Startup', `host.json: no function is named ${unknown.join(', ')}`);
  for (const { name, trigger, retry } of all) {
    if (retry === undefined || trigger === 'timer') continue;
    log('warning', 'Host.Startup', `function "${name}": retry policies have no effect on ${trigger} triggers`);
  }
  return all.filter(({ name }) => {
    const listed = hostJson.functions === undefined || hostJson.functions.includes(name);
    if (listed && !isDisabled(name, env)) return true;
    log('information', 'Host.Startup', `function "${name}" is switched off`, { functionName: name });
    return false;
  });
}

/** The library reports (and fixes) its capabilities once a process; a second host must not open its HTTP stream again. */
let reported: Promise<Record<string, string>> | undefined;
function capabilitiesOf(model: ProgrammingModel): Promise<Record<string, string>> {
  reported ??= model.getCapabilities?.({}) ?? Promise.resolve({});
  return reported;
}

const randomKey = () => randomBytes(32).toString('base64url');
