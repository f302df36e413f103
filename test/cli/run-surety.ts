import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** The command as `npx surety` runs it. */
export const bin = join(import.meta.dirname, '../../tools/surety.mjs');

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
  /** Of Node itself. */
  readonly nodeArgs?: readonly string[];
}

/** Runs the command in a process of its own, without the settings of this one. */
export function surety(args: readonly string[], { env, cwd, stdin, nodeArgs }: RunOptions = {}): Promise<Ran> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [...(nodeArgs ?? []), bin, ...args], {
    env: { PATH, HOME, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text;
  });
  child.stdin.end(stdin ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
