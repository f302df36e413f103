import type { JSONObject } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type AuditLine, nextLine } from '../../shared/audit/chain.ts';
import type { AuditEffect } from '../../shared/core/aggregate.ts';
import { aStore, type FilledStore } from './a-store.ts';
import { surety } from './run-surety.ts';

let store: FilledStore;
beforeAll(async () => {
  store = await aStore();
});
afterAll(async () => {
  await store.close();
  store.remove();
});

const anEffect = (party: string, n: number, year = 2026): AuditEffect => ({
  to: 'audit',
  id: `audit-${party}-${year}-${n}`,
  party,
  at: `${year}-11-24T10:00:00.000Z`,
  actor: 'surety',
  action: 'hold-placed',
  target: `subscription:${n}`,
  facts: { n, reason: 'GPU machines by a caller never seen' },
});
async function fill(party: string, lines: number, year = 2026): Promise<void> {
  for (let n = 1; n <= lines; n += 1) await store.appendAudit(anEffect(party, n, year));
}
const idOf = (seq: number): string => String(seq).padStart(12, '0');
const verify = (...args: readonly string[]) => surety(['audit', 'verify', '--data', store.data, ...args]);

// A customer for each test: what one test breaks stays broken.
let party: string;
let tests = 0;
beforeEach(() => {
  tests += 1;
  party = `customer:${idOf(tests)}`;
});

test('whole chains are counted: chains, lines, heads', async () => {
  await fill(party, 3);
  await fill(party, 2, 2027);
  const { code, out, err } = await verify('--party', party);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(new RegExp(`^${party}:2026 +3 +[0-9a-f]{16}$`, 'm'));
  expect(out).toMatch(new RegExp(`^${party}:2027 +2 +[0-9a-f]{16}$`, 'm'));
  expect(out).toContain('2 chains, 5 lines, 2 heads: every link holds\n');
  expect(out).toMatch(/^digest of the heads: [0-9a-f]{64}$/m);
});

test('a changed line is named by chain and place', async () => {
  await fill(party, 5);
  const item = store.containers('audit').item(idOf(3), `${party}:2026`);
  const { resource } = await item.read<AuditLine>();
  await item.replace({ ...resource, facts: { n: 3, reason: 'nothing to see' } });
  const { code, out } = await verify('--party', party);
  expect(code).toBe(1);
  expect(out).toContain(`BROKEN ${party}:2026\n  line 3: its content does not match its hash\n`);
  expect(out).toContain('1 chain, 5 lines, 0 heads: 1 chain broken\n');
});

test('a line that was changed and hashed anew is named by the line after it', async () => {
  await fill(party, 4);
  const item = store.containers('audit').item(idOf(2), `${party}:2026`);
  const { resource } = await item.read<AuditLine>();
  const first = await store.containers('audit').item(idOf(1), `${party}:2026`).read<AuditLine>();
  await item.replace({ ...resource, ...nextLine(first.resource, anEffect(party, 99)) });
  const { code, out } = await verify('--party', party, '--json');
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    chains: 1,
    lines: 4,
    broken: [{ chain: `${party}:2026`, seq: 3, why: 'it does not name the line before it' }],
    heads: [],
  });
});

test.for([
  { where: 'in the middle', seq: 3, next: 4 },
  { where: 'at the start', seq: 1, next: 2 },
])('a line that was taken out $where is named', async ({ seq, next }) => {
  await fill(party, 5);
  await store.containers('audit').item(idOf(seq), `${party}:2026`).delete();
  const { code, out } = await verify('--party', party);
  expect(code).toBe(1);
  expect(out).toContain(`line ${seq}: line ${seq} is missing; line ${next} stands in its place\n`);
});

test('without a party every chain is read, and only the broken ones are named', async () => {
  const { code, out } = await verify('--json');
  expect(code).toBe(1);
  const report = JSON.parse(out);
  expect(report).toMatchObject({ chains: 6, lines: 22 });
  expect(report.broken.map(({ chain, seq }: { chain: string; seq: number }) => `${chain} ${seq}`)).toEqual([
    `customer:${idOf(2)}:2026 3`,
    `customer:${idOf(3)}:2026 3`,
    `customer:${idOf(4)}:2026 3`,
    `customer:${idOf(5)}:2026 1`,
  ]);
  expect(report.heads).toHaveLength(2);
});

test('the digest of the heads changes when the newest line is taken out', async () => {
  await fill(party, 3);
  const before = JSON.parse((await verify('--party', party, '--json')).out);
  await store.containers('audit').item(idOf(3), `${party}:2026`).delete();
  const { code, out } = await verify('--party', party, '--json');
  // The chain alone cannot tell: that is what the digest is for.
  expect(code).toBe(0);
  expect(JSON.parse(out).digest).not.toBe(before.digest);
});

test('a party without a chain is told, not called whole', async () => {
  const { code, out, err } = await verify('--party', 'customer:nobody');
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toBe('The party "customer:nobody" has no audit chain; nothing was verified.\n');
});

test('a long chain is read page by page, and its last line checked', async () => {
  const lines = process.env['SURETY_SOAK'] === undefined ? 12_000 : 100_000;
  let tail: AuditLine | undefined;
  for (let from = 1; from <= lines; from += 100) {
    const batch = Array.from({ length: 100 }, (_, at) => {
      tail = nextLine(tail, anEffect(party, from + at));
      return { operationType: 'Create' as const, resourceBody: { ...tail } as unknown as JSONObject };
    });
    await store.containers('audit').items.batch(batch, `${party}:2026`);
  }
  const whole = await verify('--party', party);
  expect(whole.out).toContain(`1 chain, ${lines} lines, 1 head: every link holds\n`);
  await store
    .containers('audit')
    .item(idOf(lines), `${party}:2026`)
    .patch([{ op: 'replace', path: '/actor', value: 'somebody else' }]);
  const broken = await verify('--party', party);
  expect(broken.code).toBe(1);
  expect(broken.out).toContain(`line ${lines}: its content does not match its hash`);
});
