import { cpus, loadavg } from 'node:os';
import { type Comparison, ratioText } from './comparison.ts';

const heads = ['what', 'ratio', 'against', 'detail'] as const;
const widths = { what: 36, ratio: 6, against: 32 } as const;
const gap = '  ';
const narrowestDetail = 40;

/** The comparisons as one table, its cells wrapped so that it is at most `columns` wide (and never under about 120). */
export function tableOf(comparisons: readonly Comparison[], columns: number): string {
  const before = widths.what + widths.ratio + widths.against + 3 * gap.length;
  const sizes = [widths.what, widths.ratio, widths.against, Math.max(narrowestDetail, columns - before)];
  const rule = sizes.map((size) => '-'.repeat(size)).join(gap);
  const rows = comparisons.map(({ name, ratio, against, detail }) =>
    rowOf([name, ratioText(ratio), against, detail], sizes),
  );
  return [rowOf(heads, sizes), rule, ...rows.flatMap((row) => [row, ''])].join('\n').trimEnd();
}

function rowOf(cells: readonly string[], sizes: readonly number[]): string {
  const wrapped = cells.map((cell, column) => wrap(cell, sizes[column] ?? 0));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    wrapped
      .map((lines, column) => (lines[line] ?? '').padEnd(sizes[column] ?? 0))
      .join(gap)
      .trimEnd(),
  ).join('\n');
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Where it ran, and how busy it was: on a busy machine only the ratios mean something. */
export function machine(): string {
  const cores = cpus();
  const load = loadavg()[0] ?? 0;
  return `${cores.length} x ${cores[0]?.model.trim() ?? 'unknown CPU'}, Node ${process.versions.node}, ${process.platform}-${process.arch}, load ${load.toFixed(1)} in the minute before`;
}
