import { Cron } from 'croner';

/** When a timer is due. All times are UTC. */
export interface Schedule {
  readonly expression: string;
  /** The first occurrence after `instant`, or undefined when there is none. */
  after(instant: Date): Date | undefined;
  /** Whether occurrences can be less than a minute apart: Azure remembers those of no such timer. */
  readonly underOneMinute: boolean;
}

/**
 * Reads an NCRONTAB expression: `{second} {minute} {hour} {day} {month} {day-of-week}`; with five fields the second is 0.
 * Day and day of week must both hold, unlike in classic cron. Throws an error that quotes the expression.
 * https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
 */
export function parseSchedule(expression: string): Schedule {
  const text = expression.trim();
  if (/^(\d+\.)?\d{1,2}:\d{2}:\d{2}$/.test(text)) {
    throw new Error(
      `schedule "${text}" is a time span, which only App Service plans accept: use an NCRONTAB expression`,
    );
  }
  // croner reads more than NCRONTAB does: L, W, #, ? and names such as @daily would fail only in Azure.
  if (!/^([\d*,/-]|[a-z]{3})+(\s+([\d*,/-]|[a-z]{3})+){4,5}$/i.test(text)) {
    throw new Error(`schedule "${text}" is not an NCRONTAB expression of five or six fields`);
  }
  let cron: Cron;
  try {
    cron = new Cron(text, {
      paused: true,
      timezone: 'UTC',
      mode: '5-or-6-parts',
      domAndDow: true,
      sloppyRanges: true,
    });
  } catch (cause) {
    throw new Error(`schedule "${text}" is not an NCRONTAB expression: ${String(cause)}`, { cause });
  }
  const after = (instant: Date) => cron.nextRun(instant) ?? undefined;
  return { expression: text, after, underOneMinute: text.split(/\s+/).length === 6 && !/^\d+\s/.test(text) };
}
