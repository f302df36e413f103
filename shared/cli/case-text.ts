import type { Case, Reason } from '../cases/case.ts';
import { caseSummary, caseView } from '../cases/case-view.ts';
import type { PlanView } from '../enforcement/plan-view.ts';
import { partyText } from './parties.ts';
import { type Column, counted, minuteOf, printable, table, wrapped } from './printed-text.ts';

/** A case with the name of its party, if it has one. */
export interface NamedCase {
  readonly one: Case;
  readonly name: string | undefined;
}

const listColumns: readonly Column[] = [
  { title: 'SEV', align: 'right', width: 3 },
  { title: 'PARTY', width: 45 },
  { title: 'SUBJECT', width: 14 },
  { title: 'OPENED', width: 20 },
  { title: 'SIGNALS', align: 'right', width: 7 },
];
const underRow = ' '.repeat(5);

/** Rows of the list: under each case, why it is as heavy as it is, and its id. Ends with a line feed. */
export function caseRows(cases: readonly NamedCase[], withHeader: boolean): string {
  const rows = cases.map(({ one, name }) => [
    String(one.severity),
    printable(partyText(one.party, name)),
    one.subject,
    minuteOf(one.openedAt),
    String(one.signals),
  ]);
  const [header = '', ...lines] = table(listColumns, rows);
  const blocks = cases.map(({ one }, at) =>
    [lines[at], wrapped(underRow, caseSummary(one).why || 'no reason is kept'), `${underRow}${one.id}`].join('\n'),
  );
  return `${[...(withHeader ? [header] : []), ...blocks].join('\n')}\n`;
}

/** So many signals are written out for people; all of them are in the JSON. */
const shownSignals = 40;

/** A case's page for people. `signals` as the store gave them, oldest first. */
export function casePage(
  { one, name }: NamedCase,
  signals: readonly Record<string, unknown>[],
  plans: readonly PlanView[],
): string {
  const { severityIs, timeline } = caseView(one, signals, []);
  const who = printable(partyText(one.party, name));
  const head = [
    `Case ${one.id}`,
    `${who}: ${one.subject}, ${one.status}, opened ${minuteOf(one.openedAt)}, ${counted(one.signals, 'signal')}`,
  ];
  const sections = [
    head,
    [`Severity ${severityIs}`, ...one.reasons.flatMap(reasonLines)],
    ...(one.subscriptions.length === 0 ? [] : [['Subscriptions named', ...one.subscriptions.map((id) => `  ${id}`)]]),
    ...(plans.length > 0 ? plans.map(planLines) : [[planMissing(one)]]),
    timelineLines(one, timeline, plans),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function reasonLines({ points, title, ruleId, ruleVersion, signals, observed, normal, firstAt, lastAt }: Reason) {
  const label = (text: string) => `       ${text.padEnd(9)}`;
  return [
    wrapped(`  ${String(points).padStart(3)}  `, title),
    wrapped(label('observed'), observed),
    wrapped(label('normal'), normal),
    wrapped(
      label('rule'),
      `${ruleId}, version ${ruleVersion}, ${counted(signals, 'signal')}, ${
        firstAt === lastAt ? minuteOf(firstAt) : `${minuteOf(firstAt)} to ${minuteOf(lastAt)}`
      }`,
    ),
  ];
}

const planMissing = (one: Case): string =>
  one.plan === undefined
    ? 'Plan: none was asked for'
    : `Plan: asked for at ${minuteOf(one.plan.askedAt)} (severity ${one.plan.atSeverity}), not made yet`;

function planLines(plan: PlanView): readonly string[] {
  const rows = plan.targets.map(({ subscriptionId, name }) => {
    const result = plan.results[subscriptionId];
    return [subscriptionId, printable(name), result === undefined ? '-' : `${result.result}, ${minuteOf(result.at)}`];
  });
  const details = plan.targets.flatMap(({ subscriptionId }) => {
    const detail = plan.results[subscriptionId]?.detail ?? '';
    return detail === '' ? [] : [wrapped(`    ${subscriptionId}: `, detail)];
  });
  const columns = [{ title: 'SUBSCRIPTION' }, { title: 'NAME', width: 24 }, { title: 'RESULT' }];
  return [
    `Plan ${plan.id}`,
    `  playbook ${plan.playbook}, ${plan.status}, version ${plan.version}`,
    `  proposed ${minuteOf(plan.proposedAt)} by ${plan.proposedBy}${approvalText(plan)}`,
    `  target hash ${plan.targetHash}`,
    ...(rows.length > 0 ? table(columns, rows).map((line) => `    ${line}`) : ['  It would stop nothing.']),
    ...notShown(plan.targetCount, rows.length),
    ...(details.length > 0 ? ['  What was seen of them', ...details] : []),
    ...(plan.leftOut.length > 0 ? ['  Left out', ...plan.leftOut.map(leftOutLine)] : []),
    ...notShown(plan.leftOutCount, plan.leftOut.length),
    '  What it does',
    ...plan.consequences.map((consequence) => wrapped('    - ', consequence)),
  ];
}

function approvalText({ status, expiresAt }: PlanView): string {
  if (status === 'observed') return '; mode "observe": it is shown, nothing is done';
  return status === 'awaiting-approval' ? `; can be approved until ${minuteOf(expiresAt)}` : '';
}

const notShown = (count: number, shown: number): readonly string[] =>
  count > shown ? [`    and ${count - shown} more: GET /api/plans/{id}?from=${shown} shows them`] : [];

const leftOutLine = ({ subscriptionId, why }: PlanView['leftOut'][number]): string =>
  wrapped(`    ${subscriptionId}: `, why);

interface Moment {
  readonly at: string;
  readonly points: string;
  readonly text: string;
}

function timelineLines(
  one: Case,
  signals: readonly Record<string, unknown>[],
  plans: readonly PlanView[],
): readonly string[] {
  // The newest: what happened last is what is acted on.
  const shown = signals.slice(-shownSignals).map(signalMoment);
  const opened = { at: one.openedAt, points: '', text: 'case opened' };
  const moments = [...shown, opened, ...plans.flatMap(planMoments)].sort((a, b) =>
    a.at === b.at ? 0 : a.at < b.at ? -1 : 1,
  );
  const left = one.signals - shown.length;
  return [
    'Timeline',
    ...(left > 0 ? [`  (the newest ${shown.length} signals; ${left} more are not shown)`] : []),
    ...moments.map(({ at, points, text }) => wrapped(`  ${minuteOf(at)}  ${points.padStart(4)}  `, text)),
  ];
}

function signalMoment(signal: Record<string, unknown>): Moment {
  const { rule, points, occurredAt, observed, subscriptionId } = signal;
  const title = typeof rule === 'object' && rule !== null && 'title' in rule ? String(rule.title) : 'signal';
  const where = typeof subscriptionId === 'string' ? ` (subscription ${subscriptionId})` : '';
  return { at: String(occurredAt), points: `+${String(points)}`, text: `${title}: ${String(observed)}${where}` };
}

function planMoments(plan: PlanView): readonly Moment[] {
  const said = (what: string, by: { readonly name: string; readonly at: string; readonly reason: string }) => ({
    at: by.at,
    points: '',
    text: `${what} by ${by.name}: ${by.reason}`,
  });
  return [
    { at: plan.proposedAt, points: '', text: `plan proposed: ${counted(plan.targetCount, 'subscription')} to stop` },
    ...(plan.approval === undefined
      ? []
      : [said(plan.status === 'rejected' ? 'plan rejected' : 'plan approved', plan.approval)]),
    ...(plan.restore === undefined ? [] : [said('restore asked for', plan.restore)]),
    ...Object.entries(plan.results).map(([subscriptionId, { result, at }]) => ({
      at,
      points: '',
      text: `read back: ${result} (subscription ${subscriptionId})`,
    })),
  ];
}
