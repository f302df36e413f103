import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CsvRecord, csvRecords, recordsOf } from '../../shared/usage/csv-records.ts';

const shape = { delimiter: ',', wanted: 'all' } as const;

async function recordsIn(pieces: readonly Uint8Array[]): Promise<CsvRecord[]> {
  async function* chunks() {
    yield* pieces;
  }
  const records: CsvRecord[] = [];
  for await (const batch of csvRecords(chunks(), shape)) records.push(...batch);
  return records;
}

const cell = fc.oneof(
  fc.constantFrom('', 'a', 'é', '"', ',', '\n', '\r\n', 'say "hi"'),
  fc.string({ unit: fc.constantFrom('a', 'ü', '"', ',', '\n', ' ') }),
);
const written = (value: string): string => `"${value.replaceAll('"', '""')}"`;

test('what was written is read back with its physical line, however the bytes come in pieces', async () => {
  const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(table, fc.constantFrom('\n', '\r\n'), fc.integer({ min: 1, max: 17 }), async (rows, end, size) => {
      const lines = rows.map((row) => row.map(written).join(','));
      const bytes = Buffer.from(lines.join(end));
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      const records = await recordsIn(pieces);
      expect(records.map(({ fields }) => fields)).toEqual(rows);
      let line = 1;
      for (const [index, record] of records.entries()) {
        expect(record.line).toBe(line);
        line += lines[index]?.split('\n').length ?? 0;
      }
      expect(records.at(-1)?.ended).toBe(false);
    }),
    { numRuns: 200 },
  );
});

test('any bytes at all give records or reasons, and the same ones in one piece as in many', async () => {
  const noise = fc
    .uint8Array({ maxLength: 300 })
    .map((bytes) => bytes.map((byte) => [0x22, 0x2c, 0x0a, 0x0d, 0x61, 0xc3][byte % 6] ?? byte));
  await fc.assert(
    fc.asyncProperty(noise, fc.integer({ min: 1, max: 9 }), async (bytes, size) => {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      expect(await recordsIn(pieces)).toEqual(recordsOf(bytes, shape, true));
    }),
    { numRuns: 300 },
  );
});

test('a quote that is never closed costs its line, and the lines after it are read', () => {
  const records = recordsOf(Buffer.from('a,b\nc,"d\ne,f\ng,h\n'), shape, true);
  expect(records.map(({ line, fields, broken }) => [line, broken === undefined ? fields : broken.field])).toEqual([
    [1, ['a', 'b']],
    [2, 1],
    [3, ['e', 'f']],
    [4, ['g', 'h']],
  ]);
});
