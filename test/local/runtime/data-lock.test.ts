import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockData } from '../../../local/runtime/data-lock.ts';

const aFolder = () => mkdtempSync(join(tmpdir(), 'surety-lock-'));

test('a folder that a running process holds is refused, with the process and what to do', () => {
  const data = aFolder();
  // The parent of this process runs for as long as the test does.
  writeFileSync(join(data, 'runtime.pid'), String(process.ppid));
  expect(() => lockData(data)).toThrow(`in use by a runtime that runs already (process ${process.ppid}): end it`);
});

test('what a process that is gone has left is taken over, and given back', () => {
  const data = aFolder();
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  writeFileSync(join(data, 'runtime.pid'), String(gone));
  lockData(data)();
  lockData(data)();
});
