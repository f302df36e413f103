import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join, resolve } from 'node:path';
import type { HostLogEntry } from '../functions-host/host-log.ts';

/** The host's log as JSON lines in `DIR/host.log`; errors also on the terminal. */
export function createHostLog(data: string): (entry: HostLogEntry) => void {
  let file: WriteStream | undefined;
  return (entry) => {
    // Opened with the first entry: a reset has removed the folder before that.
    file ??= openLog(resolve(data));
    const { error, ...rest } = entry;
    const shown = error instanceof Error ? { ...rest, error: error.stack } : rest;
    file.write(`${JSON.stringify(shown)}\n`);
    if (entry.level === 'error' || entry.level === 'critical')
      process.stderr.write(`${entry.functionName ?? 'host'}: ${entry.message}\n`);
  };
}

function openLog(folder: string): WriteStream {
  mkdirSync(folder, { recursive: true });
  return createWriteStream(join(folder, 'host.log'), { flags: 'a' });
}
