import { styleText } from 'node:util';
import type { CaseShown } from './people.ts';
import type { Moment } from './play-incident.ts';
import type { Report } from './report.ts';
import type { Runtime } from './start-runtime.ts';

type Style = Parameters<typeof styleText>[0];

const width = 96;
const clock = (at: Date | string): string => `${new Date(at).toISOString().slice(11, 16)} UTC`;
const paint = (style: Style, text: string): string => styleText(style, text, { stream: process.stdout });

/** Writes the incident down as it unfolds: one paragraph a moment, in plain words, with the numbers that decided. */
export function storyteller(runtime: Runtime, write: (text: string) => void) {
  const nameOf = new Map(
    runtime.world.customers.map((one) => [`customer:${one.tenantId.toLowerCase()}`, one.companyName]),
  );
  const name = (party: string) => nameOf.get(party) ?? party;
  const say = (at: Date, head: string, lines: readonly string[]) =>
    write(
      `${paint('dim', clock(at))}  ${paint('bold', head)}\n${lines.flatMap((line) => wrap(line, 11)).join('\n')}\n`,
    );
  return {
    opening(): void {
      const { partner, customers, story } = runtime.world;
      const subscriptions = customers.flatMap((one) => one.plans).flatMap((plan) => plan.entitlements).length;
      write(
        `\n${paint('bold', `${partner.name}`)}, a generated partner: ${customers.length} customers, ${subscriptions} Azure subscriptions, 60 days of history.`,
      );
      write('None of these companies, people or costs are real. The functions, their SDKs and the wire formats are.\n');
      write(
        wrap(
          `It is ${runtime.clock.now().toISOString().slice(0, 10)}. One customer is about to be taken over, another to overspend honestly; ${story.tempting.length} more only look suspicious. Mode: approve - nothing is stopped unless a person says so.`,
          0,
        ).join('\n'),
      );
      write('');
    },
    tell(moment: Moment): void {
      const { at, shown } = moment;
      switch (moment.kind) {
        case 'case': {
          const minutes = Math.round(
            (Date.parse(shown.openedAt) - Date.parse(runtime.world.story.firstBadEventAt)) / 60_000,
          );
          say(at, `Case opened: ${name(shown.party)}, severity ${shown.severity}`, [
            `${minutes} minutes after the first bad event, which the activity log showed at ${clock(runtime.world.story.firstBadEventVisibleAt)}.`,
            ...reasons(shown),
          ]);
          return;
        }
        case 'plan': {
          const [plan] = shown.plans;
          say(at, `Plan: stop ${plan?.targets.length ?? 0} subscriptions of ${name(shown.party)}`, [
            `Severity ${shown.severityIs}.`,
            ...(plan?.consequences ?? []).map((line) => `- ${line}`),
            'Waits for a person. Nothing has been touched.',
          ]);
          return;
        }
        case 'approved':
          say(at, 'Approved', [
            'A person called the customer, then approved exactly this list of subscriptions (bound to its hash and version).',
          ]);
          return;
        case 'stopped': {
          const results = Object.entries(shown.plans[0]?.results ?? {});
          say(
            at,
            'Stopped, and read back',
            results.map(([id, result]) => `${id}  ${result.result}: ${result.detail}`),
          );
          return;
        }
        case 'needs-person':
          say(
            at,
            'Microsoft did not do as asked: a person is needed',
            Object.values(shown.plans[0]?.results ?? {}).map((one) => `${one.result}: ${one.detail}`),
          );
          return;
        case 'restore-asked':
          say(at, 'Cleaned up; restore asked for', [
            'The account is secured, the foreign owner removed, the machines deleted.',
          ]);
          return;
        case 'restored':
          say(
            at,
            `${name(shown.party)} is back`,
            Object.entries(shown.plans[0]?.results ?? {}).map(
              ([id, result]) => `${id}  ${result.result}: ${result.detail}`,
            ),
          );
          return;
        case 'warned':
          say(at, `Budget warning: ${name(shown.party)}`, [
            ...reasons(shown),
            'An honest customer: a warning, no plan, no touch.',
          ]);
      }
    },
    closing(report: Report): void {
      const { counts, outside } = report;
      const cancels = outside.filter((one) => one.url.endsWith('/cancel') && one.status < 300).length;
      const restores = outside.filter((one) => one.url.endsWith('/reactivate') && one.status < 300).length;
      write(paint('bold', 'What it did'));
      write(
        [
          `  signals ${counts['signals']} (${counts['signalsInShadow']} kept in the background) -> cases ${counts['cases']} -> plans ${counts['plans']}`,
          `  Microsoft's own log of writes: ${cancels} cancelled, ${restores} reactivated, ${outside.length - cancels - restores} other`,
          `  audit lines ${counts['audit']}, parked messages ${counts['parked']}, dead letters ${counts['deadLetters']}`,
        ].join('\n'),
      );
      write('');
    },
  };

  function reasons(shown: CaseShown): readonly string[] {
    return shown.reasons
      .slice(0, 6)
      .map(
        (reason) =>
          `${String(reason.points).padStart(3)}  ${reason.title}${reason.signals > 1 ? ` (x${reason.signals})` : ''}: ${reason.observed}`,
      );
  }
}

/** Lines of at most `width` characters, indented. */
function wrap(text: string, indent: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > width - indent && line !== '') {
      lines.push(line);
      line = `  ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => ' '.repeat(indent) + one);
}
