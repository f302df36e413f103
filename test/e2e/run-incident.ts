import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AuditLine, chainVerifier } from '../../shared/audit/chain.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Compiled modules, kept between the many short processes. */
const compileCache = join(root, 'node_modules/.cache/node-compile-cache');
/** A run takes seconds; one that hangs is ended and told of. */
const patienceMs = 15 * 60_000;

/** The report of a run, as far as tests look into it. */
export interface ReportRead {
  readonly counts: Readonly<Record<string, number>>;
  readonly signals: readonly {
    readonly id: string;
    readonly party: string;
    readonly shadow: boolean;
    readonly detectedAt: string;
  }[];
  readonly cases: readonly {
    readonly id: string;
    readonly party: string;
    readonly subject: string;
    readonly status: string;
    readonly severity: number;
    readonly openedAt: string;
    readonly reasons: readonly { readonly ruleId: string; readonly points: number }[];
  }[];
  readonly plans: readonly {
    readonly id: string;
    readonly party: string;
    readonly status: string;
    readonly targets: readonly { readonly subscriptionId: string }[];
  }[];
  readonly actions: readonly {
    readonly id: string;
    readonly kind: string;
    readonly target: string;
    readonly customerId: string;
    readonly result: string;
  }[];
  readonly outside: readonly {
    readonly at: string;
    readonly method: string;
    readonly url: string;
    readonly status: number;
  }[];
  readonly signUps: readonly {
    readonly clientKey: string;
    readonly kind: string;
    readonly id: string;
    readonly status: string;
  }[];
  readonly holds: readonly {
    readonly subscription: string;
    readonly holds: readonly unknown[];
    readonly observed: { readonly state: string } | null;
  }[];
  readonly audit: readonly AuditLine[];
  readonly timings: {
    readonly firstBadEventAt: string;
    readonly firstBadEventVisibleAt: string;
    readonly ending: string;
  };
}

export interface RunResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  /** Undefined when the process ended before it wrote one. */
  readonly report: ReportRead | undefined;
}

/** A folder for one incident, removed by `done`. */
export function aDataFolder(): { readonly data: string; done(): void } {
  const data = mkdtempSync(join(tmpdir(), 'surety-e2e-'));
  return { data, done: () => rmSync(data, { recursive: true, force: true }) };
}

/** Runs the one-machine runtime as a process of its own, to its end. Throws, with its output, when that does not come. */
export async function runIncident(
  data: string,
  flags: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<RunResult> {
  const reportPath = join(data, 'report.json');
  rmSync(reportPath, { force: true });
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(root, 'local/main.ts'),
      '--once',
      '--port',
      '0',
      '--data',
      data,
      '--report',
      reportPath,
      ...flags,
    ],
    {
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache, SURETY_STORE_SYNC: 'NORMAL', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  child.stdout.on('data', (part) => (output += part));
  child.stderr.on('data', (part) => (output += part));
  let hangs = false;
  const timer = setTimeout(() => {
    hangs = true;
    child.kill('SIGKILL');
  }, patienceMs);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.on('close', (...end) => resolve(end)),
  );
  clearTimeout(timer);
  if (hangs) throw new Error(`the run had not ended after ${patienceMs / 60_000} minutes:\n${output}`);
  let report: ReportRead | undefined;
  try {
    report = JSON.parse(readFileSync(reportPath, 'utf8'));
  } catch {
    report = undefined;
  }
  return { code, signal, output, report };
}

/** What must be the same however often a run was killed, and whatever was repeated or shuffled. */
export function digestOf(report: ReportRead) {
  // A sign-up's id comes from keys that each data folder makes for itself.
  const isApplicant = ({ party }: { readonly party: string }) => party.startsWith('applicant:');
  const signals = report.signals.filter((one) => !isApplicant(one));
  const cases = report.cases.filter((one) => !isApplicant(one));
  const effective = (end: string) =>
    report.outside
      .filter((write) => write.url.endsWith(end) && write.status < 300)
      .map((write) => write.url)
      .sort();
  return {
    signals: signals.map((signal) => signal.id).sort(),
    cases: cases.map(({ id, status, severity }) => `${id} ${status} ${severity}`).sort(),
    signUps: report.signUps.map(({ clientKey, status }) => `${clientKey} ${status}`).sort(),
    referrals: report.cases.filter(isApplicant).length,
    plans: report.plans.map(({ id, status, targets }) => `${id} ${status} ${targets.length}`),
    holds: report.holds.filter((one) => one.holds.length > 0),
    suspended: report.holds.filter((one) => one.observed?.state === 'suspended'),
    cancelled: effective('/cancel'),
    reactivated: effective('/reactivate'),
    deadLetters: report.counts['deadLetters'],
    parked: report.counts['parked'],
    audit: auditVerdict(report.audit),
  };
}

/** Only what differs between two digests, member by member. */
export function differenceOf(expected: ReturnType<typeof digestOf>, found: ReturnType<typeof digestOf>) {
  const lines = (value: unknown): readonly string[] =>
    (Array.isArray(value) ? value : [value]).map((one) => JSON.stringify(one));
  return Object.fromEntries(
    Object.entries(expected).flatMap(([member, value]) => {
      const [before, after] = [lines(value), lines(Reflect.get(found, member))];
      const missing = before.filter((line) => !after.includes(line));
      const added = after.filter((line) => !before.includes(line));
      const counts = before.length === after.length ? {} : { counts: [before.length, after.length] };
      return missing.length + added.length === 0 && before.length === after.length
        ? []
        : [[member, { missing, added, ...counts }]];
    }),
  );
}

function auditVerdict(lines: readonly AuditLine[]): string {
  const chains = Map.groupBy(lines, (line) => line.chain);
  for (const [chain, ofChain] of chains) {
    const verifier = chainVerifier();
    for (const line of ofChain) verifier.take(line);
    const verdict = verifier.verdict();
    if (verdict.kind === 'broken') return `${chain}: line ${verdict.at}: ${verdict.why}`;
  }
  return 'whole';
}
