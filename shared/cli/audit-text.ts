import type { ChainReport } from './audit-chains.ts';
import { counted, printable, table, wrapped } from './printed-text.ts';

/** So many whole chains are listed for people; all of them are in the JSON. */
const listedChains = 40;

/** What a verification found, for people: broken chains first, then the chains, then the sum. */
export function auditPage(reports: readonly ChainReport[], digest: string): string {
  const broken = reports.filter((report) => report.kind === 'broken');
  const whole = reports.filter((report) => report.kind === 'whole');
  const lines = reports.reduce((sum, report) => sum + report.lines, 0);
  const sum = `${counted(reports.length, 'chain')}, ${counted(lines, 'line')}, ${counted(whole.length, 'head')}`;
  const rows = whole
    .slice(0, listedChains)
    .map((report) => [printable(report.chain), String(report.lines), report.head.slice(0, 16)]);
  const columns = [{ title: 'CHAIN' }, { title: 'LINES', align: 'right' as const }, { title: 'HEAD' }];
  const hidden = whole.length - rows.length;
  return [
    ...broken.flatMap(({ chain, seq, why }) => [`BROKEN ${printable(chain)}`, wrapped(`  line ${seq}: `, why), '']),
    ...(rows.length > 0 ? [...table(columns, rows), ...(hidden > 0 ? [`and ${hidden} more`] : []), ''] : []),
    `${sum}: ${broken.length === 0 ? 'every link holds' : `${counted(broken.length, 'chain')} broken`}`,
    ...(whole.length > 0 ? [`digest of the heads: ${digest}`] : []),
    '',
  ].join('\n');
}
