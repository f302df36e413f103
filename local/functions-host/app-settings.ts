import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const LocalSettings = z.object({
  IsEncrypted: z.boolean().default(false),
  Values: z.record(z.string(), z.string()).default({}),
});

/**
 * Puts `Values` of local.settings.json into `env`, where a setting is not already there, as Core Tools does. Without the
 * file nothing happens. Throws when it cannot be read, or is encrypted.
 */
export function loadLocalSettings(appDir: string, env: NodeJS.ProcessEnv): void {
  const file = join(appDir, 'local.settings.json');
  if (!existsSync(file)) return;
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`${file} is not JSON: ${String(cause)}`, { cause });
  }
  const settings = LocalSettings.safeParse(content);
  if (!settings.success) throw new Error(`${file}: ${z.prettifyError(settings.error)}`);
  if (settings.data.IsEncrypted) throw new Error(`${file} is encrypted: run \`func settings decrypt\` first`);
  for (const [name, value] of Object.entries(settings.data.Values)) env[name] ??= value;
}

/** Replaces `%NAME%` by the app setting of that name. Throws when there is none; `used` says by what. */
export function resolveSettings(text: string, env: NodeJS.ProcessEnv, used: string): string {
  return text.replace(/%([^%]+)%/g, (_, name: string) => {
    const value = env[name];
    if (value === undefined) throw new Error(`${used} uses %${name}%, but there is no app setting of that name`);
    return value;
  });
}

/** A connection string by the name a binding gives it. Throws when no app setting has it. */
export function connectionString(name: string, env: NodeJS.ProcessEnv, used: string): string {
  const value = env[name] ?? env[`AzureWebJobs${name}`] ?? env[`ConnectionStrings:${name}`];
  if (value !== undefined && value !== '') return value;
  const identity =
    env[`${name}__fullyQualifiedNamespace`] === undefined ? '' : ' (connections by identity are for Azure)';
  throw new Error(`${used} needs the app setting ${name} with a connection string${identity}`);
}

/** Whether the app setting `AzureWebJobs.{name}.Disabled` switches the function off. */
export function isDisabled(name: string, env: NodeJS.ProcessEnv): boolean {
  return /^(1|true)$/i.test(env[`AzureWebJobs.${name}.Disabled`] ?? env[`AzureWebJobs_${name}_Disabled`] ?? '');
}
