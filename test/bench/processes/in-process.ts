import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A message from a child process, and when it arrived: milliseconds since the process was asked for. */
export interface Told {
  readonly afterMs: number;
  readonly value: unknown;
}

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Whether its stderr is shown; otherwise it only stands in the error of a failure. */
  readonly showStderr?: boolean;
  readonly timeoutMs?: number;
}

const keptOutput = 2_000;

/**
 * Runs a script of this folder in a Node process of its own and answers what it sent by `process.send`. Throws, with the
 * end of its output, when it ends with anything but 0 or takes longer than ten minutes.
 */
export async function inProcess(
  script: string,
  args: readonly string[] = [],
  { env = {}, showStderr = false, timeoutMs = 600_000 }: ProcessOptions = {},
): Promise<readonly Told[]> {
  const began = performance.now();
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), [...args], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', showStderr ? 'inherit' : 'pipe', 'ipc'],
  });
  const told: Told[] = [];
  let output = '';
  const keep = (part: Buffer) => {
    output = `${output}${part}`.slice(-keptOutput);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.on('message', (value) => told.push({ afterMs: performance.now() - began, value }));
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const [code, signal] = await new Promise<readonly [number | null, string | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (...end) => resolve(end));
  }).finally(() => clearTimeout(timer));
  if (code !== 0) {
    const end = signal === null ? `ended with ${code}` : `was ended by ${signal}`;
    throw new Error(`${[script, ...args].join(' ')} ${end}${output === '' ? '' : `:\n${output.trimEnd()}`}`);
  }
  return told;
}
