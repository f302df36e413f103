import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCostFile } from '../../shared/azure/cost-files.ts';
import { sumTexts } from '../../shared/core/money.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'surety-cost-files-'));
});
afterAll(() => rm(folder, { recursive: true }));

let count = 0;
async function fileOf(content: string | Uint8Array, name = 'cost.csv'): Promise<string> {
  const path = join(folder, `${++count}-${name}`);
  await writeFile(path, content);
  return path;
}
const read = async (content: string | Uint8Array, name?: string) => readCostFile(await fileOf(content, name));

const header = 'SubscriptionId,Date,Cost,BillingCurrency,Tags';
const csv = (...rows: readonly string[]) => `${[header, ...rows].join('\n')}\n`;

test('totals are exact to the last digit, by subscription and day', async () => {
  const file = await read(
    csv(
      's1,2026-11-01,0.1,EUR,',
      's1,2026-11-01,0.2,EUR,',
      's1,2026-11-02,0.000000000000000001,EUR,',
      'S1,2026-11-02,1000000,EUR,',
    ),
  );
  expect(file.subscriptions).toEqual([
    {
      id: 's1',
      customer: null,
      currency: 'EUR',
      total: '1000000.300000000000000001',
      days: [
        { day: '2026-11-01', total: '0.3' },
        { day: '2026-11-02', total: '1000000.000000000000000001' },
      ],
    },
  ]);
  expect(file).toMatchObject({
    rows: 4,
    refused: [],
    total: '1000000.300000000000000001',
    from: '2026-11-01',
    to: '2026-11-02',
  });
});

test.each([
  [
    'FOCUS',
    'BilledCost,ChargePeriodStart,SubAccountId,BillingCurrency,x_CustomerId',
    '5,2026-11-20T00:00:00Z,/subscriptions/S1,EUR,T1',
    't1',
  ],
  ['pay as you go', 'SubscriptionGuid,UsageDateTime,PreTaxCost,Currency', 's1,2026-11-20,5,eur', null],
  [
    'camel case',
    'customerTenantId,date,SubscriptionId,billingCurrency,costInBillingCurrency',
    't1,11/20/2026,s1,EUR,5',
    't1',
  ],
  ['lower case', 'subscriptionid,usagedatetime,costinbillingcurrency,billingcurrency', 's1,20261120,5,EUR', null],
  ['German', 'Abonnement-ID;Datum;Kosten;Währung', 's1;20.11.2026;5,00;EUR', null],
  [
    'German with English names',
    'Abonnement-GUID (SubscriptionGuid),Datum (Date),Kosten (Cost),Währung (Currency)',
    's1,11/20/2026,5.00,EUR',
    null,
  ],
  ['byte order mark', '\uFEFFSubscriptionId,Date,Cost,BillingCurrency', 's1,2026-11-20,5,EUR', null],
  ['quoted names', '"SubscriptionId","Date","Cost","BillingCurrency"', '"s1","2026-11-20","5","EUR"', null],
  ['a title above', 'Usage Data Extract\n\nSubscriptionId,Date,Cost,BillingCurrency', 's1,2026-11-20,5,EUR', null],
])('%s headers are understood', async (_, head, row, customer) => {
  const file = await read(`${head}\n${row}\n`);
  expect(file.refused).toEqual([]);
  expect(file.subscriptions).toEqual([
    { id: 's1', customer, currency: 'EUR', total: '5', days: [{ day: '2026-11-20', total: '5' }] },
  ]);
});

test('the amortised, contracted and dollar columns are not the cost', async () => {
  const file = await read(
    'EffectiveCost,CostInUSD,BilledCost,ChargePeriodStart,SubAccountId,BillingCurrency\n1,2,3,2026-11-20,s1,EUR\n',
  );
  expect(file.total).toBe('3');
});

test.each([
  ['a day above twelve in the second place', ['11/03/2026', '11/20/2026'], '2026-11-03'],
  ['a day above twelve in the first place', ['03/11/2026', '20/11/2026'], '2026-11-03'],
  ['nothing: Azure writes the month first', ['11/03/2026'], '2026-11-03'],
])('the order of dates is decided for the whole file by %s', async (_, days, first) => {
  const file = await read(csv(...days.map((day) => `s1,${day},1,EUR,`)));
  expect(file.refused).toEqual([]);
  expect(file.from).toBe(first);
});

test('the billing period tells the order when no date does, and an assumed order is said', async () => {
  const head = 'SubscriptionId,Date,Cost,BillingCurrency,BillingPeriodEndDate';
  const told = await read(`${head}\ns1,03/11/2026,1,EUR,30/11/2026\n`);
  expect(told).toMatchObject({ from: '2026-11-03', notes: [] });
  const assumed = await read(`${head}\ns1,03/11/2026,1,EUR,\n`);
  expect(assumed.from).toBe('2026-03-11');
  expect(assumed.notes.join()).toContain('MM/dd/yyyy');
});

test('a date that does not fit the order of its file is refused, not turned around', async () => {
  const file = await read(csv('s1,11/20/2026,1,EUR,', 's1,11/21/2026,1,EUR,', 's1,22/11/2026,1,EUR,'));
  expect(file.rows).toBe(2);
  expect(file.refused).toEqual([{ line: 4, reason: "Date '22/11/2026' is not a day" }]);
});

test.each([
  ['5.64902E-05', '0.0000564902'],
  ['1e3', '1000'],
  ['-12.5', '-12.5'],
  [' 7 ', '7'],
  ['"1,234.56"', '1234.56'],
  ['0.000000060000000000000000000', '0.00000006'],
  ['999999999999999.999999999999999999', '999999999999999.999999999999999999'],
])('the cost %s is %s exactly', async (text, total) => {
  expect(await read(csv(`s1,2026-11-01,${text},EUR,`))).toMatchObject({ rows: 1, refused: [], total });
});

test.each([
  ['', 'Cost is empty'],
  ['NULL', 'Cost is empty'],
  ['abc', "Cost 'abc' is not a number"],
  ['NaN', "Cost 'NaN' is not a number"],
  ['1e30', "Cost '1e30' is absurd: 10^15 or more"],
  ['1e400', "Cost '1e400' is absurd"],
  ['-1000000000000000', "Cost '-1000000000000000' is absurd: 10^15 or more"],
  ['"1,234"', "Cost '1,234' may be a decimal or a thousand, and no other row tells"],
])('the cost %j is refused with its line and field, and the other rows are kept', async (text, reason) => {
  const file = await read(csv('s1,2026-11-01,1,EUR,', `s1,2026-11-01,${text},EUR,`, 's1,2026-11-01,2,EUR,'));
  expect(file).toMatchObject({ rows: 2, total: '3', refused: [{ line: 3, reason }], read: 'whole' });
});

test('decimal commas are told by the file: thousands and decimals are not mixed up', async () => {
  const german = 'Abonnement-ID;Datum;Kosten;Währung';
  const file = await read(`${german}\ns1;01.11.2026;1.234,56;EUR\ns1;01.11.2026;0,005;EUR\ns1;01.11.2026;1.000;EUR\n`);
  expect(file).toMatchObject({ rows: 3, refused: [], total: '2234.565' });
  const mixed = await read(`${german}\ns1;01.11.2026;1,50;EUR\ns1;01.11.2026;2,50;EUR\ns1;01.11.2026;0.5;EUR\n`);
  expect(mixed).toMatchObject({ rows: 2, total: '4', refused: [{ line: 4, reason: "Kosten '0.5' is not a number" }] });
});

test('several currencies have no common total', async () => {
  const file = await read(csv('s1,2026-11-01,1,EUR,', 's1,2026-11-01,2,usd,'));
  expect(file).toMatchObject({ total: null, currency: null });
  expect(file.totals).toEqual([
    { currency: 'EUR', total: '1' },
    { currency: 'USD', total: '2' },
  ]);
  expect(file.subscriptions.map(({ currency, total }) => [currency, total])).toEqual([
    ['EUR', '1'],
    ['USD', '2'],
  ]);
});

test('charges without a subscription are kept under none, and a customer named once counts for the subscription', async () => {
  const file = await read(
    'SubscriptionId,Date,Cost,BillingCurrency,CustomerTenantId\ns1,2026-11-01,1,EUR,T1\ns1,2026-11-01,2,EUR,NULL\n,2026-11-01,4,EUR,\n',
  );
  expect(file.subscriptions.map(({ id, customer, total }) => [id, customer, total])).toEqual([
    [null, null, '4'],
    ['s1', 't1', '3'],
  ]);
});

test('physical lines are named also behind quoted newlines, blank lines and Windows line ends', async () => {
  const file = await read(
    [
      header,
      's1,2026-11-01,1,EUR,"{""a"":\r\n""b""}"',
      '',
      's1,bad,2,EUR,x',
      's1,2026-11-01,3,EUR,"a\n\nb"',
      's1,2026-11-01,worse,EUR,',
    ].join('\r\n'),
  );
  expect(file.rows).toBe(2);
  expect(file.refused.map(({ line }) => line)).toEqual([5, 9]);
});

test('tags without brackets, bare quotes and unknown columns do not disturb', async () => {
  const file = await read(
    `${header},Unknown\ns1,2026-11-01,1,EUR,"""env"": ""prod"",""a"": ""b""",x\ns1,2026-11-01,2,EUR,a"b"c,y\n`,
  );
  expect(file).toMatchObject({ rows: 2, refused: [], total: '3' });
});

test('a stray quote costs its own row only', async () => {
  const file = await read(
    csv('s1,2026-11-01,1,EUR,"open', 's1,2026-11-01,2,EUR,"x"', 's1,2026-11-01,4,EUR,', 's1,2026-11-01,8,EUR,"a": "b"'),
  );
  expect(file).toMatchObject({ rows: 2, total: '6' });
  expect(file.refused).toEqual([
    { line: 2, reason: 'Tags: text follows the closing quote: a quote inside is not doubled' },
    { line: 5, reason: 'Tags: text follows the closing quote: a quote inside is not doubled' },
  ]);
});

test('rows with too many or too few fields are refused unless what is missing was not needed', async () => {
  const file = await read(
    csv('s1,2026-11-01,1,EUR', 's1,2026-11-01,2,EUR,,extra', 's1,2026-11-01', 's1,2026-11-01,4,EUR,tag'),
  );
  expect(file).toMatchObject({ rows: 1, total: '4' });
  expect(file.refused.map(({ line }) => line)).toEqual([2, 3, 4]);
  const wide = await read(`${header},A,B\ns1,2026-11-01,1,EUR,tag,a\n`);
  expect(wide).toMatchObject({ rows: 1, refused: [] });
});

test('a CSV cut in mid-row keeps the rows before and names the line and the field of the cut', async () => {
  const whole = csv('s1,2026-11-01,1,EUR,a', 's1,2026-11-01,2,EUR,b', 's1,2026-11-01,45.67,EUR,c');
  const file = await read(whole.slice(0, whole.indexOf('45.67') + 3));
  expect(file).toMatchObject({ rows: 2, total: '3', read: 'cut' });
  expect(file.refused).toEqual([{ line: 4, reason: 'the file is cut in mid-row: 3 of 5 fields, it ends in Cost' }]);
  const quoted = await read(`${csv('s1,2026-11-01,1,EUR,a')}s1,2026-11-01,2,EUR,"{""a`);
  expect(quoted).toMatchObject({ rows: 1, total: '1', read: 'cut' });
  expect(quoted.refused[0]).toMatchObject({ line: 3 });
});

test('a last row without line end is whole when all its fields are there', async () => {
  expect(await read(`${header}\ns1,2026-11-01,1,EUR,`)).toMatchObject({ rows: 1, refused: [], read: 'whole' });
});

const many = csv(
  ...Array.from(
    { length: 30_000 },
    (_, row) => `s${row % 50},2026-11-0${(row % 9) + 1},0.${row + 1},EUR,${'x'.repeat(row % 40)}`,
  ),
);

test('gzip is read like plain text, whatever its name', async () => {
  const plain = await read(many);
  const packed = await read(gzipSync(many), 'part_0_0001.csv');
  expect(packed).toMatchObject({ rows: 30_000, total: plain.total, format: 'actual-csv-gzip', refused: [] });
  expect(packed.subscriptions).toEqual(plain.subscriptions);
});

test('a truncated gzip keeps what can be unpacked and says where it breaks off', async () => {
  const packed = gzipSync(many);
  const file = await read(packed.subarray(0, packed.length * 0.6), 'cut.csv.gz');
  expect(file.read).toBe('cut');
  expect(file.rows).toBeGreaterThan(10_000);
  expect(file.refused).toHaveLength(1);
  expect(file.refused[0]?.reason).toContain('the gzip stream breaks off');
  expect(file.refused[0]?.line).toBe(file.rows + 2);
  const kept = many.split('\n').slice(1, file.rows + 1);
  expect(file.total).toBe(sumTexts(kept.map((row) => row.split(',')[2] ?? '')));
});

test('a gzip cut between two rows, or before its checksum, is noticed', async () => {
  const packed = gzipSync(many);
  const file = await read(packed.subarray(0, packed.length - 4), 'cut.csv.gz');
  expect(file).toMatchObject({ rows: 30_000, read: 'cut' });
  expect(file.refused).toEqual([{ line: 0, reason: expect.stringContaining('after line 30001') }]);
});

test('UTF-16 is read and said; a row that is not UTF-8 is read when what counts is readable', async () => {
  const text = csv('s1,2026-11-01,1,EUR,Zürich', 's1,2026-11-01,2,EUR,');
  for (const bytes of [
    Buffer.from(`\uFEFF${text}`, 'utf16le'),
    Buffer.from(text, 'utf16le'),
    Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
  ]) {
    const file = await read(bytes);
    expect(file).toMatchObject({ rows: 2, total: '3', refused: [] });
    expect(file.notes.join()).toContain('UTF-16');
  }
  const latin = await read(
    Buffer.from(csv('s1,2026-11-01,1,EUR,Zürich', 'sü,2026-11-01,2,EUR,', 's1,x,3,EUR,'), 'latin1'),
  );
  expect(latin).toMatchObject({ rows: 1, total: '1', notes: ['line 2, Tags: not UTF-8, read as ISO 8859-1'] });
  expect(latin.refused).toEqual([
    { line: 3, reason: 'SubscriptionId is not UTF-8 text' },
    { line: 4, reason: "Date 'x' is not a day" },
  ]);
});

test('a line of 100 MB is refused by line and field in bounded memory, and the rows around it are kept', async () => {
  const long = Buffer.alloc(100 * 1024 * 1024, 0x78);
  const before = process.memoryUsage().rss;
  const file = await read(
    Buffer.concat([
      Buffer.from(csv('s1,2026-11-01,1,EUR,a')),
      Buffer.from('s1,2026-11-01,2,EUR,"'),
      long,
      Buffer.from('"\ns1,2026-11-01,4,EUR,b\n'),
    ]),
  );
  expect(file).toMatchObject({
    rows: 2,
    total: '5',
    refused: [{ line: 3, reason: 'Tags: the row is longer than 16 MiB' }],
  });
  expect(process.memoryUsage().rss - before).toBeLessThan(700 * 1024 * 1024);
}, 60_000);

test.each([
  ['a file that does not exist', undefined, 'cannot be opened'],
  ['an empty file', '', 'the file is empty'],
  ['another CSV', 'a,b\n1,2\n', 'the header lacks a cost column'],
  ['a CSV without a day', 'Cost,SubscriptionId\n1,2\n', 'the header lacks a day column'],
  ['JSON', '{ "a": 1 }\n', 'no cost export'],
  ['an archive', Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0, 0]), 'unpack it first'],
  ['a broken Parquet file', 'PAR1 and nothing', 'cannot be read'],
  ['random bytes', Buffer.from(Array.from({ length: 500 }, (_, index) => (index * 7919) % 256)), 'no cost export'],
])('%s is an error of the file, not of the program', async (_, content, reason) => {
  const file = content === undefined ? await readCostFile(join(folder, 'none.csv')) : await read(content);
  expect(file).toMatchObject({ rows: 0, total: '0', read: 'none' });
  expect(file.refused[0]?.reason).toContain(reason);
});

test('a path with pattern letters and quotes is read as it stands', async () => {
  expect(await read(csv('s1,2026-11-01,1,EUR,'), "a[1]*?'b.csv")).toMatchObject({ rows: 1, refused: [] });
});

async function parquet(select: string): Promise<string> {
  const path = join(folder, `${++count}.parquet`);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  return path;
}

test.each([
  ['text', "'0.1'"],
  ['decimals', 'CAST(0.1 AS DECIMAL(38,18))'],
  ['floating-point numbers', 'CAST(0.1 AS DOUBLE)'],
])('Parquet costs are exact as %s', async (_, cost) => {
  const path =
    await parquet(`SELECT ${cost} AS BilledCost, TIMESTAMP '2026-11-01 00:00:00' + INTERVAL (i % 3) DAY AS ChargePeriodStart,
    '/subscriptions/S' || (i % 2) AS SubAccountId, 'EUR' AS BillingCurrency FROM range(3000) t(i)`);
  const file = await readCostFile(path);
  expect(file).toMatchObject({
    format: 'focus-parquet',
    rows: 3000,
    total: '300',
    refused: [],
    from: '2026-11-01',
    to: '2026-11-03',
  });
  expect(file.subscriptions.map(({ id, total }) => [id, total])).toEqual([
    ['s0', '150'],
    ['s1', '150'],
  ]);
});

test('refused rows of a Parquet file are named by their number', async () => {
  const path =
    await parquet(`SELECT CASE WHEN i = 4 THEN 'NaN' ELSE '1e-2' END AS BilledCost, '2026-11-01' AS ChargePeriodStart,
    CASE WHEN i = 6 THEN NULL ELSE 's1' END AS SubAccountId, 'EUR' AS BillingCurrency FROM range(10) t(i)`);
  const file = await readCostFile(path);
  expect(file).toMatchObject({
    rows: 9,
    total: '0.09',
    refused: [{ line: 5, reason: "BilledCost 'NaN' is not a number" }],
  });
});

const field = fc.oneof(
  fc.constantFrom('', 'x', 'a,b', 'say ""hi""', 'two\nlines', 'two\r\nlines'),
  fc.string({ unit: fc.constantFrom('a', 'é', ',', ' ', '\n') }),
);

test('the fast and the slow way agree on every good file', async () => {
  const row = fc.record({
    subscription: fc.constantFrom('s1', 's2', ''),
    day: fc.constantFrom('2026-11-01', '2026-11-02T00:00:00Z', '11/30/2026'),
    units: fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }),
    scale: fc.integer({ min: 0, max: 22 }),
    tags: field,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 40 }), async (rows) => {
      const lines = rows.map(
        ({ subscription, day, units, scale, tags }) => `${subscription},${day},${units}e-${scale},EUR,"${tags}"`,
      );
      const plain = rows.map(({ subscription, day, units, scale, tags }) => {
        const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
        const cost = `${units < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}${scale > 0 ? `.${digits.slice(-scale)}` : ''}`;
        return `${subscription},${day},${cost},EUR,"${tags}"`;
      });
      const fast = await read(csv(...plain));
      // A refused last row sends the file the slow way.
      const slow = await read(`${csv(...lines)}s1,never,1,EUR,x\n`);
      expect(fast).toMatchObject({ rows: rows.length, refused: [] });
      expect(slow.refused).toHaveLength(1);
      expect(slow.subscriptions).toEqual(fast.subscriptions);
      expect(fast.total).toBe(sumTexts(rows.map(({ units, scale }) => `${units}e-${scale}`)));
    }),
    { numRuns: 25 },
  );
});
