import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { drawnCrashPoints, everyCrashPoint, parseShare, shareOf } from './crash-points.ts';
import { aDataFolder, differenceOf, digestOf, type ReportRead, runIncident } from './run-incident.ts';
import { openSoakLog } from './soak-log.ts';

const pointsInTests = 25;
const brief = ['--brief'];
const { SURETY_SOAK, SURETY_SOAK_SHARE, SURETY_SOAK_LOG, SURETY_CRASH_POINT, SURETY_CRASH_SEED } = process.env;
const soaking = SURETY_SOAK !== undefined;
const log = openSoakLog(SURETY_SOAK_LOG, dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/**
 * The requests at which this run is killed: 25 by a fixed seed, spread over the whole run. In a soak every one, before and
 * after, or the share of them that SURETY_SOAK_SHARE names. SURETY_CRASH_POINT names a single one.
 */
function crashPoints(requests: number): readonly string[] {
  if (SURETY_CRASH_POINT !== undefined) return [SURETY_CRASH_POINT];
  if (soaking) return shareOf(everyCrashPoint(requests), parseShare(SURETY_SOAK_SHARE));
  return drawnCrashPoints(requests, pointsInTests, Number(SURETY_CRASH_SEED ?? 20_261_124));
}

test(
  'killed at any request and started again, the run ends as if nothing had been',
  async () => {
    const whole = aDataFolder();
    const calm = await runIncident(whole.data, brief);
    whole.done();
    expect(calm.code, calm.output).toBe(0);
    if (calm.report === undefined) throw new Error(calm.output);
    const expected = digestOf(calm.report);
    expect(expected).toMatchObject({ deadLetters: 0, parked: 0, audit: 'whole', holds: [], suspended: [] });
    expect(expected.cancelled.length).toBeGreaterThan(0);
    const points = crashPoints(calm.report.counts['requests'] ?? 0);
    const known = new Map(log.played.map((one) => [one.point, one]));
    const different: unknown[] = points
      .flatMap((point) => known.get(point) ?? [])
      .filter((one) => one.outcome === 'different');
    const waiting = points.filter((point) => !known.has(point));
    const tell = createProgress(points.length, points.length - waiting.length);
    const worker = async () => {
      for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
        const began = performance.now();
        const difference = await differenceAt(point, expected);
        const seconds = Math.round((performance.now() - began) / 100) / 10;
        if (difference !== undefined) different.push({ point, difference });
        const outcome = difference === undefined ? 'ok' : 'different';
        log.append({ point, outcome, seconds, ...(difference === undefined ? {} : { difference }) });
        tell(`${point} ${outcome}`, different.length);
      }
    };
    await Promise.all([worker(), worker()]);
    expect(different).toEqual([]);
  },
  soaking ? 7 * 24 * 3600_000 : 900_000,
);

/** How a run that is killed at the point ends otherwise; undefined where it ends as expected. */
async function differenceAt(point: string, expected: ReturnType<typeof digestOf>): Promise<unknown> {
  try {
    const digest = digestOf(await crashedAt(point));
    return isDeepStrictEqual(digest, expected) ? undefined : differenceOf(expected, digest);
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

async function crashedAt(point: string): Promise<ReportRead> {
  const folder = aDataFolder();
  try {
    const first = await runIncident(folder.data, brief, { SURETY_CRASH_AT: point });
    expect(first.signal ?? first.code, `${point}: ${first.output}`).toBeOneOf(['SIGKILL', 0]);
    if (first.signal === null && first.report !== undefined) return first.report;
    const second = await runIncident(folder.data, brief);
    expect(second.code, `${point}: ${second.output}`).toBe(0);
    if (second.report === undefined) throw new Error(`${point}: no report\n${second.output}`);
    return second.report;
  } finally {
    folder.done();
  }
}

/** In a soak, one line for each point: how many are done, and how long the others take at this speed. */
function createProgress(all: number, done: number) {
  const began = performance.now();
  let played = 0;
  return (last: string, different: number): void => {
    played += 1;
    if (!soaking) return;
    const left = all - done - played;
    const minutes = Math.ceil(((performance.now() - began) / played / 60_000) * left);
    process.stderr.write(
      `crash points: ${done + played} of ${all}, ${different} different, ${minutes} min left (${last})\n`,
    );
  };
}
