import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadUsage, type UsageReport } from '../../shared/cli/usage-load.ts';

const exportsFolder = join(
  process.env['SURETY_DATA'] ?? join(import.meta.dirname, '../../../shared/data'),
  'cost_exports',
);

async function load(...paths: readonly string[]): Promise<{ report: UsageReport; code: number; error: string }> {
  let output = '';
  let error = '';
  const code = await loadUsage(paths, true, {
    output: (text) => {
      output += text;
    },
    error: (text) => {
      error += text;
    },
    watched: false,
  });
  const report: UsageReport = JSON.parse(output);
  return { report, code, error };
}

/** A second reading of CSV, letter by letter, that shares nothing with the product's. */
function csvRows(text: string): { readonly line: number; readonly cells: readonly string[] }[] {
  const rows: { line: number; cells: string[] }[] = [];
  let cells: string[] = [];
  let cell = '';
  let quoted = false;
  let line = 1;
  let start = 1;
  const endRow = () => {
    cells.push(cell);
    if (cells.length > 1 || cell !== '') rows.push({ line: start, cells });
    cells = [];
    cell = '';
  };
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === '\n') line++;
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') cell += text[++at];
      else quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === ',') {
      cells.push(cell);
      cell = '';
    } else if (letter === '\n') {
      endRow();
      start = line;
    } else if (letter !== '\r') cell += letter;
  }
  endRow();
  return rows;
}

/** Attos (10^-36) of a decimal text with or without exponent. */
function attos(text: string): bigint {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const negative = mantissa.startsWith('-');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const magnitude = BigInt(whole + fraction) * 10n ** BigInt(36 - fraction.length + Number(exponent));
  return negative ? -magnitude : magnitude;
}

interface Expected {
  rows: number;
  refusedLines: number[];
  days: Map<string, bigint>;
}

/** Exact totals by `subscription|day`, from column names that are written down here once more. */
function expectedOf(text: string): Expected {
  const [head, ...rows] = csvRows(text.replace(/^\uFEFF/, ''));
  const names = head?.cells.map((name) => name.toLowerCase()) ?? [];
  const column = (...candidates: string[]) => names.indexOf(candidates.find((name) => names.includes(name)) ?? '');
  const cost = column('billedcost', 'costinbillingcurrency', 'cost', 'pretaxcost', 'kosten');
  const day = column('chargeperiodstart', 'date', 'usagedatetime');
  const subscription = column('subaccountid', 'subscriptionid', 'subscriptionguid');
  const expected: Expected = { rows: 0, refusedLines: [], days: new Map() };
  for (const { line, cells } of rows) {
    const amount = cells[cost] ?? '';
    if (amount === '') {
      expected.refusedLines.push(line);
      continue;
    }
    expected.rows++;
    const id = (cells[subscription] ?? '').replace('/subscriptions/', '');
    // All of these files write ISO days or the month first.
    const us = /^(\d+)\/(\d+)\/(\d{4})$/.exec(cells[day] ?? '');
    const iso =
      us === null ? (cells[day] ?? '').slice(0, 10) : `${us[3]}-${us[1]?.padStart(2, '0')}-${us[2]?.padStart(2, '0')}`;
    expected.days.set(`${id}|${iso}`, (expected.days.get(`${id}|${iso}`) ?? 0n) + attos(amount));
  }
  return expected;
}

const present = existsSync(exportsFolder);
const names = present ? (await readdir(exportsFolder)).filter((name) => name.endsWith('.csv')) : [];

test.skipIf(!present).for(names)('every line of %s is added up or refused by line', async (name) => {
  const path = join(exportsFolder, name);
  const expected = expectedOf(await readFile(path, 'utf8'));
  const { report, code } = await load(path);
  const [file] = report.files;
  expect(file?.rows).toBe(expected.rows);
  expect(file?.refused.map(({ line }) => line)).toEqual(expected.refusedLines);
  expect(code).toBe(expected.refusedLines.length > 0 ? 1 : 0);
  const days = new Map<string, bigint>();
  for (const subscription of report.subscriptions) {
    for (const { day, total } of subscription.days) {
      days.set(`${subscription.id}|${day}`, (days.get(`${subscription.id}|${day}`) ?? 0n) + attos(total));
    }
  }
  expect(days).toEqual(expected.days);
  const sum = [...expected.days.values()].reduce((left, right) => left + right, 0n);
  expect(attos(file?.total ?? '')).toBe(sum);
  expect(report.subscriptions.reduce((left, { total }) => left + attos(total), 0n)).toBe(sum);
});

test.skipIf(!present)(
  'a folder is walked, what is no cost file is noted, and the totals are those of its files',
  async () => {
    const { report, code, error } = await load(exportsFolder);
    expect(report.files.map(({ path }) => path)).toEqual(names.sort().map((name) => join(exportsFolder, name)));
    expect(error).toContain('SOURCE.txt: skipped, no cost file');
    expect(code).toBe(1);
    const files = new Map<string, bigint>();
    for (const { totals } of report.files) {
      for (const { currency, total } of totals)
        files.set(String(currency), (files.get(String(currency)) ?? 0n) + attos(total));
    }
    const subscriptions = new Map<string, bigint>();
    for (const { currency, total } of report.subscriptions) {
      subscriptions.set(String(currency), (subscriptions.get(String(currency)) ?? 0n) + attos(total));
    }
    expect(subscriptions).toEqual(files);
  },
);
