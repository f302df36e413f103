import { registerHooks } from 'node:module';
import type {
  Disposable,
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  HookName,
  LogCategory,
  LogLevel,
  ProgrammingModel,
} from './worker-types.ts';

/** A function as an app registered it. */
export interface Registration {
  readonly file: string;
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

/** A hook as an app registered it. */
export interface Hook {
  readonly file: string;
  readonly name: HookName;
  readonly callback: HookCallback;
}

/**
 * What stands behind `@azure/functions-core` in this process. The library keeps the first one it finds for good, and Node
 * runs a module once, so there is one per process; a second host in the process shares what the first one loaded.
 */
export interface WorkerCore {
  model: ProgrammingModel | undefined;
  readonly functions: Registration[];
  readonly hooks: Hook[];
  /** The file that is being loaded; functions can be registered only meanwhile, as in Azure. */
  loading: string | undefined;
  /** Where the library's own messages go; the host that started last. */
  log: (level: LogLevel, category: LogCategory, message: string) => void;
}

const hookNames: readonly string[] = ['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log'];
const isHookName = (name: string): name is HookName => hookNames.includes(name);

/** Name on `globalThis` under which the injected module finds its content. */
const slot = Symbol.for('surety.functions-core');
const injectedUrl = 'surety:functions-core';

let core: WorkerCore | undefined;

/**
 * The core of this process; on first use it is put behind the module name `@azure/functions-core`, as the worker does.
 * Nothing else of the app's modules is touched.
 */
export function workerCore(): WorkerCore {
  if (core !== undefined) return core;
  core = { model: undefined, functions: [], hooks: [], loading: undefined, log: () => {} };
  Object.defineProperty(globalThis, slot, { value: coreModule(core), configurable: true });
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === '@azure/functions-core'
        ? { url: injectedUrl, format: 'commonjs', shortCircuit: true }
        : next(specifier, context),
    load: (url, context, next) =>
      url === injectedUrl
        ? {
            format: 'commonjs',
            source: "module.exports = globalThis[Symbol.for('surety.functions-core')];",
            shortCircuit: true,
          }
        : next(url, context),
  });
  return core;
}

/** The members of `@azure/functions-core` that `@azure/functions` 4 calls. */
function coreModule(state: WorkerCore): Record<string, unknown> {
  return {
    version: '3.12.0',
    hostVersion: '4.1042.0',
    setProgrammingModel: (model: ProgrammingModel) => {
      state.model = model;
    },
    getProgrammingModel: () => state.model,
    registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) => register(state, metadata, callback),
    registerHook: (name: string, callback: HookCallback) => registerHook(state, name, callback),
    log: (level: LogLevel, category: LogCategory, message: string) => state.log(level, category, message),
    Disposable: class {
      readonly #callOnDispose: () => void;
      constructor(callOnDispose: () => void) {
        this.#callOnDispose = callOnDispose;
      }
      dispose() {
        this.#callOnDispose();
      }
    },
  };
}

function register(state: WorkerCore, metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
  const file = state.loading;
  if (file === undefined) throw new Error(`function "${metadata.name}" was registered after the app had started`);
  const registration = { file, metadata, callback };
  state.functions.push(registration);
  return { dispose: () => remove(state.functions, registration) };
}

function registerHook(state: WorkerCore, name: string, callback: HookCallback): Disposable {
  if (!isHookName(name)) {
    const error = new RangeError(`Unrecognized hook "${name}"`);
    throw Object.assign(error, { isAzureFunctionsSystemError: true });
  }
  const hook = { file: state.loading ?? '', name, callback };
  state.hooks.push(hook);
  return { dispose: () => remove(state.hooks, hook) };
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
}
