import { writeCostRunsUpTo } from '../incident/write-cost-runs.ts';
import type { CaseShown, People } from './people.ts';
import { nextInstant, untilQuiet } from './quiet.ts';
import type { Runtime } from './start-runtime.ts';

/** Something the terminal tells about, once. */
export type Moment =
  | { readonly kind: 'case'; readonly at: Date; readonly shown: CaseShown }
  | { readonly kind: 'plan'; readonly at: Date; readonly shown: CaseShown }
  | {
      readonly kind: 'approved' | 'stopped' | 'restore-asked' | 'restored' | 'needs-person';
      readonly at: Date;
      readonly shown: CaseShown;
    }
  | { readonly kind: 'warned'; readonly at: Date; readonly shown: CaseShown };

export interface PlayOptions {
  readonly runtime: Runtime;
  readonly people: People;
  readonly tell: (moment: Moment) => void;
  /** Called with each move of the clock, for progress. */
  readonly onTime?: (now: Date) => void;
}

/** How long people take: minutes from proposal to approval, and from "stopped" to the wish to restore. */
const approvalTakesMinutes = 4;
const cleaningTakesMinutes = 45;
/** The incident ends when all is done, and at the latest so many hours after its first bad event. */
const patienceHours = 30;

export type Ending = 'played' | 'ran-out-of-time';

/**
 * Plays the incident: lets what runs finish, lets the people do what they would do now, then moves the clock to the next
 * timer or due time. It holds nothing in memory that matters, so it goes on where a crash left it.
 */
export async function playIncident(options: PlayOptions): Promise<Ending> {
  const { runtime, people } = options;
  const told = new Set<string>();
  const latest = Date.parse(runtime.world.story.firstBadEventAt) + patienceHours * 3600_000;
  for (;;) {
    await writeCostRunsUpTo(runtime.world, runtime.exportsDir, runtime.clock.now());
    await untilQuiet(runtime.host, runtime.serviceBus);
    const ended = await oneLook(options, people, told);
    await untilQuiet(runtime.host, runtime.serviceBus);
    if (ended) return 'played';
    const next = nextInstant(runtime.host, runtime.serviceBus);
    if (next === undefined || next.getTime() > latest) return 'ran-out-of-time';
    await runtime.state.set('now', next.toISOString());
    runtime.clock.advanceTo(next);
    options.onTime?.(next);
  }
}

/** What the people see and do at one instant. True once the taken-over tenant is restored and the overspender warned. */
async function oneLook({ runtime, tell }: PlayOptions, people: People, told: Set<string>): Promise<boolean> {
  const { takenOver, overspender } = runtime.world.story;
  const at = runtime.clock.now();
  let restored = false;
  let warned = false;
  for (const row of await people.openCases()) {
    const shown = await people.showCase(row.id);
    const once = (kind: Moment['kind']) => {
      if (told.has(`${kind} ${row.id}`)) return;
      told.add(`${kind} ${row.id}`);
      tell({ kind, at, shown });
    };
    if (
      row.subject === 'spend' &&
      row.party === `customer:${overspender}` &&
      shown.reasons.some((reason) => reason.title.includes('100'))
    ) {
      warned = true;
      once('warned');
    }
    if (row.party !== `customer:${takenOver}` || row.subject !== 'compromise') continue;
    once('case');
    const [plan] = shown.plans;
    if (plan === undefined) continue;
    once('plan');
    if (plan.status === 'awaiting-approval' && minutesBetween(plan.proposedAt, at) >= approvalTakesMinutes) {
      await people.approve(plan, 'The customer confirms by phone: nobody there created these machines');
      once('approved');
    }
    if (plan.status === 'needs-person') once('needs-person');
    if (plan.status === 'stopped') {
      once('stopped');
      const stoppedAt =
        Object.values(plan.results)
          .map((one) => one.at)
          .sort()
          .at(-1) ?? plan.proposedAt;
      if (minutesBetween(stoppedAt, at) >= cleaningTakesMinutes) {
        await people.restore(plan, 'Account secured, foreign owner removed, machines deleted');
        once('restore-asked');
      }
    }
    if (plan.status === 'restored') {
      once('restored');
      restored = true;
    }
  }
  return restored && warned;
}

const minutesBetween = (from: string, to: Date): number => (to.getTime() - Date.parse(from)) / 60_000;
