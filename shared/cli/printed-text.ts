/** Text for people: plain, no wider than this. */
export const maxColumns = 100;

/** Text on one line that a terminal shows and never obeys: control characters (customers name things) become `?`. */
export const printable = (text: string): string => text.replace(/\s+/g, ' ').replace(/\p{C}/gu, '?').trim();

/** `2026-11-24 10:10 UTC`, from ISO 8601 with `Z`. */
export const minuteOf = (iso: string): string =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d.*Z$/.test(iso) ? `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC` : printable(iso);

/** `1 signal`, `2 signals`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** At most `length` characters; what is cut off shows as an ellipsis. */
export function shortened(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

/** Broken at words into lines of at most `maxColumns`, the first after `first`, the others after as many blanks. */
export function wrapped(first: string, text: string): string {
  const indent = ' '.repeat(first.length);
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of printable(text).split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > maxColumns) {
      lines.push(line);
      line = indent;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line.trimEnd()].join('\n');
}

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** Fixed, for tables that are written page by page; else as wide as the widest cell. */
  readonly width?: number;
}

/** Lines of a table: the header first, then one a row. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = columns.map(
    ({ title, width }, at) =>
      width ?? rows.reduce((widest, row) => Math.max(widest, row[at]?.length ?? 0), title.length),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => {
        const width = widths[at] ?? 0;
        return columns[at]?.align === 'right' ? cell.padStart(width) : shortened(cell, width).padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [columns.map(({ title }) => title), ...rows].map(line);
}
