import { expect, test } from 'vitest';
import { aDataFolder, digestOf, runIncident } from './run-incident.ts';

const seeds = process.env['SURETY_SOAK'] === undefined ? [1] : Array.from({ length: 20 }, (_, at) => at + 1);

test.each(seeds)(
  'with seed %i the taken-over tenant is found, stopped and restored, nobody else is touched, and no robot becomes a customer',
  async (seed) => {
    const folder = aDataFolder();
    const { code, output, report } = await runIncident(folder.data, ['--seed', String(seed)]);
    folder.done();
    expect(code, output).toBe(0);
    if (report === undefined) throw new Error(output);
    const [plan, ...others] = report.plans;
    expect(others).toEqual([]);
    expect(plan?.status).toBe('restored');
    const tenant = plan?.party.replace('customer:', '') ?? 'nobody';
    const found = report.cases.find((one) => one.party === plan?.party && one.subject === 'compromise');
    const minutes = (Date.parse(found?.openedAt ?? '') - Date.parse(report.timings.firstBadEventVisibleAt)) / 60_000;
    expect(minutes).toBeLessThanOrEqual(10);
    expect(report.outside.length).toBe(2 * (plan?.targets.length ?? 0));
    expect(report.outside.filter((write) => !write.url.includes(tenant))).toEqual([]);
    expect(output).toContain('Budget warning:');
    const signUps = (kind: string) => report.signUps.filter((one) => one.kind === kind).map(({ status }) => status);
    expect(signUps('honest')).toEqual(['approved']);
    expect(signUps('robot')).toHaveLength(8);
    expect(signUps('robot')).not.toContain('approved');
    expect(digestOf(report)).toMatchObject({ deadLetters: 0, parked: 0, audit: 'whole', holds: [], suspended: [] });
  },
  180_000,
);
