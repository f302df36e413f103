import { writeCostRunsUpTo } from '../incident/write-cost-runs.ts';
import { type Applicants, applicantsAt, type SignUpShown } from './applicants.ts';
import { type CaseShown, type People, type PlanShown, TryLater } from './people.ts';
import { nextInstant, untilQuiet } from './quiet.ts';
import type { Runtime } from './start-runtime.ts';

export type MomentKind =
  | 'case'
  | 'plan'
  | 'approved'
  | 'stopped'
  | 'restore-asked'
  | 'restored'
  | 'needs-person'
  | 'warned';

/** Something about a case that the terminal tells, once. */
export interface CaseMoment {
  readonly kind: MomentKind;
  readonly at: Date;
  readonly shown: CaseShown;
}

/** What became of an honest applicant, or of a whole ring of robots. */
export interface SignUpMoment {
  readonly kind: 'applicant' | 'ring';
  readonly at: Date;
  readonly signUps: readonly SignUpShown[];
}

/** Something the terminal tells about, once. */
export type Moment = CaseMoment | SignUpMoment;

export interface PlayOptions {
  readonly runtime: Runtime;
  readonly people: People;
  readonly tell: (moment: Moment) => void;
  /** The attack alone, and people in a hurry. */
  readonly brief?: boolean;
  /** Called with each move of the clock, for progress. */
  readonly onTime?: (now: Date) => void;
}

/** How long people take: minutes from proposal to approval, and from "stopped" to the wish to restore. */
const approvalTakesMinutes = 4;
const cleaningTakesMinutes = 45;
const briefCleaningTakesMinutes = 5;
/** The incident ends when all is done, and at the latest so many hours after its first bad event. */
const patienceHours = 30;

export type Ending = 'played' | 'ran-out-of-time';

/**
 * Plays the incident: lets what runs finish, lets the people do what they would do now, then moves the clock to the next
 * timer or due time. It holds nothing in memory that matters, so it goes on where a crash left it.
 */
export async function playIncident(options: PlayOptions): Promise<Ending> {
  const { runtime } = options;
  const latest = Date.parse(runtime.world.story.firstBadEventAt) + patienceHours * 3600_000;
  const told = new Set<string>();
  const applicants = await applicantsAt(runtime, runtime.applicants);
  for (;;) {
    await writeCostRunsUpTo(runtime.world, runtime.exportsDir, runtime.clock.now());
    await untilQuiet(runtime.host, runtime.serviceBus);
    // People look once a minute.
    if (runtime.clock.now().getUTCSeconds() === 0) {
      if (await oneLook(options, applicants, told).catch(unlessLater)) return 'played';
      await untilQuiet(runtime.host, runtime.serviceBus);
    }
    const next = nextInstant(runtime.host, runtime.serviceBus);
    if (next === undefined || next.getTime() > latest) return 'ran-out-of-time';
    await runtime.state.set('now', next.toISOString());
    runtime.clock.advanceTo(next);
    options.onTime?.(next);
  }
}

/** A store that is away is no end of the story: people look again a minute later. */
function unlessLater(error: unknown): false {
  if (error instanceof TryLater) return false;
  throw error;
}

/** What everybody sees and does at one instant. True once nothing more will happen. */
async function oneLook(options: PlayOptions, applicants: Applicants, told: Set<string>): Promise<boolean> {
  const applied = await lookAtApplicants(options, applicants, told);
  return (await lookAtCases(options, told)) && applied;
}

/** True once every application has settled. */
async function lookAtApplicants(
  { runtime, tell }: PlayOptions,
  applicants: Applicants,
  told: Set<string>,
): Promise<boolean> {
  const ended = await applicants.look();
  let all = true;
  for (const kind of ['honest', 'robot'] as const) {
    const expected = runtime.applicants.filter((one) => one.kind === kind).length;
    const signUps = ended.filter(({ applicant }) => applicant.kind === kind).map(({ shown }) => shown);
    all &&= signUps.length === expected;
    if (signUps.length < expected || told.has(kind)) continue;
    told.add(kind);
    tell({ kind: kind === 'honest' ? 'applicant' : 'ring', at: runtime.clock.now(), signUps });
  }
  return all;
}

/** True once the taken-over tenant is restored and the overspender warned. */
async function lookAtCases({ runtime, people, tell, brief = false }: PlayOptions, told: Set<string>): Promise<boolean> {
  const { takenOver, overspender } = runtime.world.story;
  const at = runtime.clock.now();
  let restored = false;
  let warned = brief;
  for (const row of await people.openCases()) {
    const isTakenOver = row.party === `customer:${takenOver}` && row.subject === 'compromise';
    const isOverspent = row.party === `customer:${overspender}` && row.subject === 'spend';
    if (!isTakenOver && !isOverspent) continue;
    const shown = await people.showCase(row.id);
    const once = (kind: MomentKind) => {
      if (told.has(`${kind} ${row.id}`)) return;
      told.add(`${kind} ${row.id}`);
      tell({ kind, at, shown });
    };
    if (isOverspent && shown.reasons.some(isBudgetUsedUp)) {
      warned = true;
      once('warned');
    }
    if (isTakenOver)
      restored = await respond(people, shown, at, once, brief ? briefCleaningTakesMinutes : cleaningTakesMinutes);
  }
  return restored && warned;
}

/** The budget threshold of 100 % or more: rule and points are those of the product's own list. */
const isBudgetUsedUp = (reason: CaseShown['reasons'][number]): boolean =>
  reason.ruleId === 'usage/budget-threshold' && reason.points >= 30;

/** The next thing that people do about the taken-over tenant. True when it is restored. */
async function respond(
  people: People,
  shown: CaseShown,
  at: Date,
  once: (kind: MomentKind) => void,
  cleaningMinutes: number,
): Promise<boolean> {
  once('case');
  const [plan] = shown.plans;
  if (plan === undefined) return false;
  once('plan');
  switch (plan.status) {
    case 'awaiting-approval':
      if (minutesBetween(plan.proposedAt, at) < approvalTakesMinutes) return false;
      await people.approve(plan, 'The customer confirms by phone: nobody there created these machines');
      once('approved');
      return false;
    case 'needs-person':
      once('needs-person');
      return false;
    case 'stopped':
      once('stopped');
      if (minutesBetween(endedAt(plan), at) < cleaningMinutes) return false;
      await people.restore(plan, 'Account secured, foreign owner removed, machines deleted');
      once('restore-asked');
      return false;
    case 'restored':
      once('restored');
      return true;
    default:
      return false;
  }
}

const endedAt = (plan: PlanShown): string =>
  Object.values(plan.results)
    .map((one) => one.at)
    .sort()
    .at(-1) ?? plan.proposedAt;

const minutesBetween = (from: string, to: Date): number => (to.getTime() - Date.parse(from)) / 60_000;
