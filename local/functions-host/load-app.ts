import { existsSync, globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { Hook, Registration, WorkerCore } from './core.ts';

const Package = z.object({ main: z.string().min(1), type: z.enum(['module', 'commonjs']).default('commonjs') });

/** What an app registered while its files were loaded. */
export interface LoadedApp {
  readonly functions: readonly Registration[];
  readonly hooks: readonly Hook[];
}

/**
 * Loads the files that `main` of package.json names (a glob, relative to the app), each as Node would by its kind. Throws
 * when none matches, when a file throws (the error names it), and when two functions have one name.
 */
export async function loadApp(appDir: string, core: WorkerCore): Promise<LoadedApp> {
  const pkg = readPackage(appDir);
  const files = globSync(pkg.main, { cwd: appDir })
    .sort()
    .map((file) => join(appDir, file));
  if (files.length === 0) throw new Error(`no file under ${appDir} matches "${pkg.main}", the "main" of package.json`);
  for (const file of files) {
    // Node runs a module once: what it registered in an earlier start of this process still stands.
    if (loaded.has(file)) continue;
    core.loading = file;
    try {
      if (isModule(file, pkg.type)) await import(/* @vite-ignore */ pathToFileURL(file).href);
      else createRequire(file)(file);
    } catch (cause) {
      core.functions.splice(0, core.functions.length, ...core.functions.filter((known) => known.file !== file));
      throw new Error(`${relative(appDir, file)} could not be loaded: ${text(cause)}`, { cause });
    } finally {
      core.loading = undefined;
    }
    loaded.add(file);
  }
  const functions = core.functions.filter((registration) => files.includes(registration.file));
  refuseDuplicates(functions, appDir);
  return { functions, hooks: core.hooks.filter((hook) => files.includes(hook.file)) };
}

const loaded = new Set<string>();

function readPackage(appDir: string): z.infer<typeof Package> {
  const file = join(appDir, 'package.json');
  if (!existsSync(file)) throw new Error(`${file} is missing: its "main" says which files hold functions`);
  const parsed = Package.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function isModule(file: string, packageType: 'module' | 'commonjs'): boolean {
  if (/\.m[jt]s$/.test(file)) return true;
  return packageType === 'module' && !/\.c[jt]s$/.test(file);
}

function refuseDuplicates(functions: readonly Registration[], appDir: string): void {
  const seen = new Map<string, string>();
  for (const { metadata, file } of functions) {
    const key = metadata.name.toLowerCase();
    const other = seen.get(key);
    if (other !== undefined) {
      const where = `${relative(appDir, other)} and ${relative(appDir, file)}`;
      throw new Error(`function "${metadata.name}" is registered twice: in ${where}`);
    }
    seen.set(key, file);
  }
}

const text = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown));
