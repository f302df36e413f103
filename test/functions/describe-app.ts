// Run by itself in a bare Node: loads the built app as the functions host does and prints what it registered and which
// packages that brought into memory. No test runner, no other import of the product.
import { registerHooks } from 'node:module';
import { relative } from 'node:path';
import { workerCore } from '../../local/functions-host/core.ts';
import { loadApp } from '../../local/functions-host/load-app.ts';

const appDir = process.argv[2] ?? '.';

/** Name of the package that a file lies in; undefined for files of the app and Node's own modules. */
function packageOf(url: string | undefined): string | undefined {
  return /^.*\/node_modules\/(@[^/]+\/[^/]+|[^/]+)\//.exec(url ?? '')?.[1];
}

const inMemory = new Set<string>();
const importedByApp = new Set<string>();

const core = workerCore();
registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context);
    const name = packageOf(found.url);
    // What a package brings along is its own affair, what the app names is ours.
    if (name !== undefined && packageOf(context.parentURL) === undefined) importedByApp.add(name);
    if (name !== undefined) inMemory.add(name);
    return found;
  },
});

const { functions } = await loadApp(appDir, core);
const described = functions.map(({ file, metadata, callback }) => ({
  name: metadata.name,
  file: relative(appDir, file).replaceAll('\\', '/'),
  bindings: Object.values(metadata.bindings),
  callerClass: 'callerClass' in callback ? callback.callerClass : undefined,
}));
console.log(
  JSON.stringify({ functions: described, importedByApp: [...importedByApp].sort(), inMemory: [...inMemory].sort() }),
);
// Loading must open nothing that would keep a process alive; a clean end proves it.
