/** A column of an export: its name and what it says of a line. */
export type Column<L> = readonly [name: string, text: (line: L) => string];

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** RFC 4180 with a header, lines ended as Cost Management ends them. */
export function csvOf<L>(columns: readonly Column<L>[], lines: readonly L[]): Buffer {
  const rows = [columns.map(([name]) => quoted(name)).join(',')];
  for (const line of lines) rows.push(columns.map(([, text]) => quoted(text(line))).join(','));
  return Buffer.from(`${rows.join('\r\n')}\r\n`, 'utf8');
}

/** Columns that stay empty for what is sold here. */
export const empty = <L>(...names: readonly string[]): readonly Column<L>[] => names.map((name) => [name, () => '']);
