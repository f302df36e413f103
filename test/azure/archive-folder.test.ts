import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createFolderArchive } from '../../shared/azure/archive-folder.ts';

const aFolder = () => mkdtempSync(join(tmpdir(), 'surety-archive-'));

test('what was put under a name stays as it was put first, whoever writes at the same time', async () => {
  const root = aFolder();
  const archive = createFolderArchive(root);
  await archive.put('audit-heads/2026-11-24/10.json', 'first');
  await Promise.all(['second', 'third', 'second'].map((text) => archive.put('audit-heads/2026-11-24/10.json', text)));
  expect(readFileSync(join(root, 'audit-heads/2026-11-24/10.json'), 'utf8')).toBe('first');
  expect(readdirSync(join(root, 'audit-heads/2026-11-24'))).toEqual(['10.json']);
});

test('a name that ends in .gz is compressed, and a colon is spelt for every file system', async () => {
  const root = aFolder();
  await createFolderArchive(root).put('activity/customer:contoso/2026-11-24/s.jsonl.gz', 'a line\n');
  const bytes = readFileSync(join(root, 'activity/customer_contoso/2026-11-24/s.jsonl.gz'));
  expect(gunzipSync(bytes).toString()).toBe('a line\n');
});

test.each(['../outside', 'a/../../outside', '/etc/passwd', 'a//b', '', 'a\\b', '.', 'a/.'])(
  'the name "%s" is refused',
  async (name) => {
    const root = aFolder();
    await expect(createFolderArchive(root).put(name, 'x')).rejects.toThrow('is no name for the archive');
    expect(existsSync(join(root, '..', 'outside'))).toBe(false);
  },
);
