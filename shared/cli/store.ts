import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container } from '@azure/cosmos';
import { z } from 'zod';
import { type Containers, openContainers } from '../azure/cosmos.ts';
import { NewerShape } from '../core/failures.ts';
import { knownLater, statusOf } from '../runtime/classify-failure.ts';
import { isLoopback } from '../runtime/settings.ts';

/** What the commands that read the store need; the same names as the functions' settings. */
const StoreSettings = z.object({
  COSMOS_ENDPOINT: z
    .url()
    .refine((url) => url.startsWith('https://') || isLoopback(url), 'plain http is only for a store on this machine'),
  /** Account key; without it an Entra identity is used. */
  COSMOS_KEY: z.string().optional(),
  COSMOS_DATABASE: z.string().default('surety'),
  AZURE_CLIENT_ID: z.string().optional(),
});
type StoreSettings = z.infer<typeof StoreSettings>;

/** The folder of the one-machine runtime, where no other is named. */
export const defaultData = '.surety';

export interface StoreOptions {
  /** Folder of the one-machine runtime as the command line names it; undefined = not named. */
  readonly data: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** Where commands write; `watched` = a person sees what goes to `err`. */
export interface Terminal {
  /** Resolves when more may be written. */
  out(text: string): Promise<void>;
  err(text: string): void;
  readonly watched: boolean;
}

/** 0: all is well; 1: it is not; 2: nothing could be done. */
export type ExitCode = 0 | 1 | 2;

/** What stands in the way of reading the store, in words for the person at the terminal. */
class CannotRead extends Error {}

/** stdout and stderr of this process. */
export const processTerminal: Terminal = {
  out: (text) =>
    new Promise((resolve) => {
      process.stdout.write(text, () => resolve());
    }),
  err: (text) => process.stderr.write(text),
  watched: process.stderr.isTTY === true,
};

/**
 * Opens the store that the environment names, else the one that the one-machine runtime in `data` serves, and reads it with
 * `work`. What stands in the way is told, and answered with exit code 2.
 */
export async function readStore(
  options: StoreOptions,
  terminal: Terminal,
  work: (containers: Containers) => Promise<ExitCode>,
): Promise<ExitCode> {
  let place: Place | undefined;
  let cases: Container | undefined;
  try {
    place = await placeOf(options);
    const containers = await open(place.settings);
    cases = containers('cases');
    // A first look, so that a wrong address, key or name is told before anything is concluded from it.
    await cases.read();
    return await work(containers);
  } catch (error) {
    const why = error instanceof CannotRead ? error.message : place === undefined ? undefined : explained(error, place);
    if (why === undefined) throw error;
    terminal.err(`${why}\n`);
    return 2;
  } finally {
    cases?.database.client.dispose();
  }
}

interface Place {
  readonly settings: StoreSettings;
  /** Where the settings were found. */
  readonly from: string;
  readonly isLocalRuntime: boolean;
}

async function placeOf({ data, env }: StoreOptions): Promise<Place> {
  // A folder that is named on the command line goes before the environment.
  if (data === undefined && (env['COSMOS_ENDPOINT'] ?? '') !== '') {
    return { settings: parsed(env, 'the environment'), from: 'the environment', isLocalRuntime: false };
  }
  const folder = data ?? defaultData;
  const file = join(folder, 'settings.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    const where = data === undefined ? 'COSMOS_ENDPOINT is not set, and the' : 'The';
    throw new CannotRead(
      `${where} one-machine runtime has left no settings: ${file} cannot be read (${error.code}).\nStart it with "npm start", name its folder with --data, or set COSMOS_ENDPOINT.`,
    );
  }
  return { settings: parsed(jsonOf(text, file), file), from: file, isLocalRuntime: true };
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CannotRead(`${file}: no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parsed(settings: unknown, from: string): StoreSettings {
  const given = settings !== null && typeof settings === 'object' && !Array.isArray(settings) ? settings : {};
  const result = StoreSettings.safeParse(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== '')));
  if (result.success) return result.data;
  // Values are not printed: some are secrets.
  const problems = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new CannotRead(`The settings of the store in ${from} cannot be used:\n${problems.join('\n')}`);
}

const open = ({ COSMOS_ENDPOINT, COSMOS_DATABASE, COSMOS_KEY, AZURE_CLIENT_ID }: StoreSettings): Promise<Containers> =>
  openContainers({
    endpoint: COSMOS_ENDPOINT,
    database: COSMOS_DATABASE,
    key: COSMOS_KEY,
    async credential() {
      const { appCredential } = await import('../azure/credential.ts');
      return appCredential(AZURE_CLIENT_ID);
    },
  });

/** The failure in words, or undefined when it is a bug. */
function explained(error: unknown, { settings, from, isLocalRuntime }: Place): string | undefined {
  const store = `The store at ${settings.COSMOS_ENDPOINT} (from ${from})`;
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  if (error instanceof NewerShape) return `${message}. Use a newer surety.`;
  const status = statusOf(error);
  if (status === 401 || status === 403)
    return `${store} refuses ${settings.COSMOS_KEY === undefined ? 'this identity' : 'the key'} (${status}).`;
  if (status === 404) return `${store} has no database "${settings.COSMOS_DATABASE}" with Surety's containers.`;
  if (status === undefined && error instanceof Error && /Credential|Authentication/.test(error.name))
    return `${store} needs an Entra identity, and there is none: ${message}\nSet COSMOS_KEY to use the account key.`;
  if (knownLater(error) === undefined) return undefined;
  const advice = isLocalRuntime ? 'Start it with "npm start".' : 'Nothing was concluded; try again.';
  return `${store} does not answer: ${message}.\n${advice}`;
}
