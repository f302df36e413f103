import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditLine } from '../../shared/audit/chain.ts';
import { anApp } from './an-app.ts';

let app: Awaited<ReturnType<typeof anApp>>;
beforeAll(async () => {
  app = await anApp();
});
afterAll(() => app.close());

test('the heads of the audit chains are archived once an hour, and a later run of the hour changes nothing', async () => {
  await app.run('sync-customers');
  await app.run('digest-audit');
  const folder = join(app.archive, 'audit-heads');
  const [day = ''] = readdirSync(folder);
  expect(readdirSync(join(folder, day))).toEqual(['12.json']);
  const text = readFileSync(join(folder, day, '12.json'), 'utf8');
  const { heads }: { heads: readonly AuditLine[] } = JSON.parse(text);
  const { resources } = await app.containers('audit').items.query<AuditLine>('SELECT * FROM c').fetchAll();
  const chains = Map.groupBy(resources, (line) => line.chain);
  expect(heads.map(({ chain }) => chain)).toEqual([...chains.keys()].sort());
  for (const { chain, seq, hash } of heads) {
    expect(chains.get(chain)?.find((line) => line.seq === seq)?.hash).toBe(hash);
    expect(seq).toBe(chains.get(chain)?.length);
  }
  await app.run('digest-audit');
  expect(readFileSync(join(folder, day, '12.json'), 'utf8')).toBe(text);
});
