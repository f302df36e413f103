import { styleText } from 'node:util';
import type { SignUpShown } from './applicants.ts';
import type { CaseShown } from './people.ts';
import type { CaseMoment, Moment, SignUpMoment } from './play-incident.ts';
import type { Report } from './report.ts';
import type { Runtime } from './start-runtime.ts';

const width = 96;
const clock = (at: Date | string): string => `${new Date(at).toISOString().slice(11, 16)} UTC`;
const paint = (style: 'bold' | 'dim', text: string): string => styleText(style, text, { stream: process.stdout });

/** Writes the incident down as it unfolds: one paragraph a moment, in plain words, with the numbers that decided. */
export interface Storyteller {
  /** The scene; for a run that was broken off, where it goes on. */
  opening(): void;
  /** Instead of a story that has been told to its end. */
  wasPlayed(): void;
  tell(moment: Moment): void;
  closing(report: Report): void;
}

/** A storyteller that writes through `write`, a paragraph a call. */
export function storyteller(runtime: Runtime, write: (text: string) => void): Storyteller {
  const names = new Map(
    runtime.world.customers.map((one) => [`customer:${one.tenantId.toLowerCase()}`, one.companyName]),
  );
  return {
    opening: () => write(openingOf(runtime)),
    wasPlayed: () =>
      write(
        `\nThe incident in this folder was played to its end; it is ${clock(runtime.clock.now())} there. --reset plays it anew.\n`,
      ),
    tell(moment) {
      const [head, lines] =
        'signUps' in moment
          ? ofSignUps(moment)
          : paragraph(moment, runtime, names.get(moment.shown.party) ?? moment.shown.party);
      const body = lines.flatMap((line) => wrap(line, 11)).join('\n');
      write(`${paint('dim', clock(moment.at))}  ${paint('bold', head)}\n${body}\n`);
    },
    closing: (report) => write(closingOf(report)),
  };
}

function openingOf({ world, clock: runtimeClock, goesOn }: Runtime): string {
  const { partner, customers, story } = world;
  const subscriptions = customers.flatMap((one) => one.plans).flatMap((plan) => plan.entitlements).length;
  if (goesOn) return `\nGoing on at ${clock(runtimeClock.now())}, where the last run was broken off.\n`;
  const day = runtimeClock.now().toISOString().slice(0, 10);
  const scene = `It is ${day}. One customer is about to be taken over, another to overspend honestly; ${story.tempting.length} more only look suspicious. Mode: approve. Nothing is stopped unless a person says so.`;
  return [
    '',
    `${paint('bold', partner.name)}, a generated partner: ${customers.length} customers, ${subscriptions} Azure subscriptions, 60 days of history.`,
    'None of these companies, people or costs are real. The functions, their SDKs and the wire formats are.',
    '',
    ...wrap(scene, 0),
    '',
  ].join('\n');
}

function closingOf({ counts, outside }: Report): string {
  const cancels = outside.filter((one) => one.url.endsWith('/cancel') && one.status < 300).length;
  const restores = outside.filter((one) => one.url.endsWith('/reactivate') && one.status < 300).length;
  return [
    paint('bold', 'What it did'),
    `  signals ${counts['signals']} (${counts['signalsInShadow']} only kept), cases ${counts['cases']}, only watched ${counts['watched']}, plans ${counts['plans']}`,
    `  Microsoft's own log of writes: ${cancels} cancelled, ${restores} reactivated, ${outside.length - cancels - restores} other`,
    `  audit lines ${counts['audit']}, parked messages ${counts['parked']}, dead letters ${counts['deadLetters']}`,
    '',
  ].join('\n');
}

/** What is written about one moment: a headline and its lines. */
function paragraph({ kind, shown }: CaseMoment, runtime: Runtime, name: string): readonly [string, readonly string[]] {
  const [plan] = shown.plans;
  const results = Object.entries(plan?.results ?? {}).map(([id, one]) => `${id}  ${one.result}: ${one.detail}`);
  const { story } = runtime.world;
  switch (kind) {
    case 'case': {
      const minutes = Math.round((Date.parse(shown.openedAt) - Date.parse(story.firstBadEventAt)) / 60_000);
      const found = `${minutes} minutes after the first bad event, which the activity log showed at ${clock(story.firstBadEventVisibleAt)}.`;
      return [`Case opened: ${name}, severity ${shown.severity}`, [found, ...reasons(shown, 3)]];
    }
    case 'plan': {
      const consequences = (plan?.consequences ?? []).map((line) => `- ${line}`);
      return [
        `Plan: stop ${plan?.targetCount ?? 0} subscriptions of ${name}`,
        [
          ...reasons(shown, 8),
          `Severity ${shown.severityIs}.`,
          ...consequences,
          plan?.status === 'awaiting-approval'
            ? 'Waits for a person. Nothing has been touched.'
            : `It is ${plan?.status}.`,
        ],
      ];
    }
    case 'approved':
      return [
        'Approved',
        ['A person called the customer, then approved exactly this list, bound to its hash and version.'],
      ];
    case 'stopped':
      return ['Stopped, and read back', results];
    case 'needs-person':
      return ['Microsoft did not do as asked: a person is needed', results];
    case 'restore-asked':
      return [
        'Cleaned up; restore asked for',
        ['The account is secured, the foreign owner removed, the machines deleted.'],
      ];
    case 'restored':
      return [`${name} is back`, results];
    case 'warned':
      return [
        `Budget warning: ${name}`,
        [...reasons(shown, 8), 'An honest customer: a warning, no plan, nothing touched.'],
      ];
  }
}

/** What became of applicants: the sum that decided, and for a ring how many of them got in. */
function ofSignUps({ kind, signUps }: SignUpMoment): readonly [string, readonly string[]] {
  const worst = signUps.toSorted((one, other) => sumOf(other) - sumOf(one))[0];
  const decided = worst?.decision;
  const because =
    decided === undefined || decided === null ? [] : [...sumLines(decided), `${decided.why}: ${decided.scoreIs}.`];
  if (kind === 'applicant') {
    const [one] = signUps;
    return [
      `An honest company signs up: ${one?.status ?? 'not yet'}`,
      ['Its phone is proven by a passcode, a bureau and the register know it.', ...because],
    ];
  }
  const count = (status: string) => signUps.filter((one) => one.status === status).length;
  return [
    `${signUps.length === 1 ? 'A robot signs up' : `${signUps.length} robots sign up`}: ${count('approved')} approved, ${count('referred')} sent to a person, ${count('declined')} declined`,
    ['Numbers in a row, one device, one network, companies that no register knows. The worst of them:', ...because],
  ];
}

const sumOf = (one: SignUpShown): number => (one.decision?.reasons ?? []).reduce((sum, { points }) => sum + points, 0);

const sumLines = (decision: NonNullable<SignUpShown['decision']>): readonly string[] =>
  decision.reasons
    .filter(({ points }) => points !== 0)
    .slice(0, 8)
    .map(({ points, title, observed }) => `${String(points).padStart(3)}  ${title}: ${observed}`);

function reasons(shown: CaseShown, most: number): readonly string[] {
  return shown.reasons.slice(0, most).map(({ points, title, signals, observed }) => {
    const often = signals > 1 ? ` (${signals} times)` : '';
    return `${String(points).padStart(3)}  ${title}${often}: ${observed}`;
  });
}

/** Lines of at most `width` characters, indented; what follows the first hangs under its text. */
function wrap(text: string, indent: number): readonly string[] {
  const hang = /^\s*\d+ {2}/.test(text) ? '     ' : '  ';
  const lines: string[] = [];
  let line = '';
  for (const word of text.trimEnd().split(/(?<=\S) /)) {
    if (line !== '' && line.length + word.length + 1 > width - indent) {
      lines.push(line);
      line = hang + word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => ' '.repeat(indent) + one);
}
