import type { RefusedRun, RunRef, RunRefusal, RunTotals } from './export-run.ts';

/** Ids become names of documents and parts of addresses: what is none is refused with its rows. Pure. */
export function withIdsOnly(read: RunTotals | RefusedRun, run: RunRef): RunTotals | RefusedRun {
  if (read.kind === 'refused') return read;
  const refused: RunRefusal[] = [];
  const subscriptions = read.subscriptions.filter(({ id, customer, total, currency }) => {
    const wrong = isIdOrNone(id) ? (isIdOrNone(customer) ? undefined : ['customer', customer]) : ['subscription', id];
    if (wrong === undefined) return true;
    const [field, text] = wrong;
    const reason = `${field} '${(text ?? '').slice(0, 40)}' is no id; its rows (${total} ${currency ?? ''}) are left out`;
    refused.push({ file: run.location, line: 0, reason });
    return false;
  });
  if (refused.length === 0) return read;
  return { ...read, subscriptions, refused: [...read.refused, ...refused], complete: false };
}

const isIdOrNone = (text: string | null): boolean => text === null || /^[A-Za-z0-9-]{1,64}$/.test(text);
