import type { LogLevel } from './worker-types.ts';

/** One line of the host's log. */
export interface HostLogEntry {
  readonly at: Date;
  readonly level: Exclude<LogLevel, 'none'>;
  /** `Host…` for the host itself, `Function.{name}` for its invocations, `Function.{name}.User` for the app's own lines. */
  readonly category: string;
  readonly message: string;
  readonly functionName?: string;
  readonly invocationId?: string;
  /** What was thrown, for the reader of the log; never sent to a caller. */
  readonly error?: unknown;
}

/** Takes a line without the members that are always the same. */
export type WriteLog = (
  level: HostLogEntry['level'],
  category: string,
  message: string,
  more?: Pick<HostLogEntry, 'functionName' | 'invocationId' | 'error'>,
) => void;

const levels: readonly string[] = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'];

/**
 * Passes on what `logging.logLevel` of host.json lets through: the longest category that is a prefix decides, `default`
 * otherwise, `Information` without either.
 */
export function filteredLog(
  logLevel: Readonly<Record<string, string>>,
  now: () => Date,
  sink: (entry: HostLogEntry) => void,
): WriteLog {
  const rules = Object.entries(logLevel)
    .filter(([category]) => category.toLowerCase() !== 'default')
    .sort(([a], [b]) => b.length - a.length);
  const fallback = Object.entries(logLevel).find(([category]) => category.toLowerCase() === 'default')?.[1];
  const thresholds = new Map<string, number>();
  const threshold = (category: string) => {
    const known = thresholds.get(category);
    if (known !== undefined) return known;
    const rule = rules.find(([prefix]) => category === prefix || category.startsWith(`${prefix}.`));
    const rank = levels.indexOf((rule?.[1] ?? fallback ?? 'information').toLowerCase());
    thresholds.set(category, rank);
    return rank;
  };
  return (level, category, message, more) => {
    if (levels.indexOf(level) < threshold(category)) return;
    sink({ at: now(), level, category, message, ...more });
  };
}
