import { afterEach, expect, test } from 'vitest';
import { standingClock, wallClock } from '../../../local/clock.ts';
import { storedTimerStatus } from '../../../local/functions-host/timer-status.ts';
import { openStore } from '../../../local/store.ts';
import { eventually, startFixture } from './app.ts';

let fixture: Awaited<ReturnType<typeof startFixture>>;
afterEach(() => fixture.host.stop());

async function runsOf(name: string) {
  return fixture.seen(name);
}
const settled = () => eventually(() => fixture.host.running === 0, 'all timers have run');

test('a timer runs when the standing clock reaches it, and not before', async () => {
  fixture = await startFixture();
  const before = (await runsOf('every-minute')).length;
  expect(fixture.host.nextTimerAt()).toEqual(new Date('2026-03-10T10:01:00Z'));
  fixture.clock.advanceTo(new Date('2026-03-10T10:00:59.999Z'));
  expect(fixture.host.running).toBe(0);
  fixture.clock.advanceTo(new Date('2026-03-10T10:01:00Z'));
  expect(fixture.host.running).toBe(1);
  await settled();
  expect((await runsOf('every-minute')).slice(before)).toEqual([
    { kind: 'every-minute', isPastDue: false, last: '0001-01-01T00:00:00+00:00' },
  ]);
  expect(fixture.host.nextTimerAt()).toEqual(new Date('2026-03-10T10:02:00Z'));
});

test('occurrences that the clock passed together are one run, past due', async () => {
  fixture = await startFixture();
  const before = (await runsOf('every-minute')).length;
  fixture.clock.advanceTo(new Date('2026-03-10T10:07:10Z'));
  await settled();
  expect((await runsOf('every-minute')).slice(before)).toMatchObject([{ isPastDue: true }]);
});

test('day of month and day of week must both hold', async () => {
  // 13 March 2026 is a Friday, 13 April a Monday, 13 November a Friday.
  fixture = await startFixture();
  const before = (await runsOf('friday-13')).length;
  const runAt = async (iso: string) => {
    fixture.clock.advanceTo(new Date(iso));
    await fixture.open('slow');
    await settled();
    return (await runsOf('friday-13')).length - before;
  };
  expect(await runAt('2026-03-12T23:59:59Z')).toBe(0);
  expect(await runAt('2026-03-13T00:00:00Z')).toBe(1);
  expect(await runAt('2026-04-13T00:00:00Z')).toBe(1);
  expect(await runAt('2026-11-12T00:00:00Z')).toBe(1);
  expect(await runAt('2026-11-13T00:00:00Z')).toBe(2);
});

test('a timer that is told to runs when the host starts', async () => {
  fixture = await startFixture();
  await settled();
  expect((await runsOf('at-start')).length).toBeGreaterThan(0);
});

test('a timer that still runs is not started again', async () => {
  fixture = await startFixture();
  const before = (await runsOf('slow')).length;
  const first = fixture.host.invoke('slow');
  const second = fixture.host.invoke('slow');
  fixture.clock.advanceTo(new Date('2026-03-10T12:00:00Z'));
  await fixture.open('slow');
  await Promise.all([first, second]);
  await settled();
  expect((await runsOf('slow')).length).toBe(before + 1);
});

test('a retry policy runs a failing timer again and tells it the count', async () => {
  fixture = await startFixture();
  const before = (await runsOf('fails-twice')).length;
  await fixture.host.invoke('fails-twice');
  expect((await runsOf('fails-twice')).slice(before).map(({ retry }) => retry)).toEqual([undefined, 1, 2]);
});

test('a stop gives up waiting retries at once, and the timer is past due at the next start', async () => {
  const store = openStore(':memory:');
  const timerStatus = storedTimerStatus(store);
  fixture = await startFixture({ timerStatus });
  const run = fixture.host.invoke('fails-always');
  run.catch(() => {});
  await eventually(async () => (await runsOf('fails-always')).length > 0, 'the first attempt');
  const remembered = timerStatus.read('fails-always');
  await fixture.host.stop();
  await expect(run).rejects.toThrow('never');
  expect(timerStatus.read('fails-always')).toBe(remembered);
  await store.close();
});

test('an occurrence missed while the host was down is made good once, past due', async () => {
  const store = openStore(':memory:');
  const timerStatus = storedTimerStatus(store);
  fixture = await startFixture({ timerStatus, clock: standingClock(new Date('2026-03-09T02:29:59Z')) });
  fixture.clock.advanceTo(new Date('2026-03-09T02:30:00Z'));
  await settled();
  await fixture.host.stop();

  fixture = await startFixture({ timerStatus, clock: standingClock(new Date('2026-03-11T00:00:00Z')) });
  await fixture.open('slow');
  await settled();
  const before = (await runsOf('nightly')).length;
  expect((await runsOf('nightly')).at(-1)).toEqual({
    kind: 'nightly',
    isPastDue: true,
    last: '2026-03-09T02:30:00.000Z',
  });
  await fixture.host.stop();

  // Nothing was missed between 00:00 and 02:00.
  fixture = await startFixture({ timerStatus, clock: standingClock(new Date('2026-03-11T02:00:00Z')) });
  await settled();
  expect((await runsOf('nightly')).length).toBe(before);
  await store.close();
});

test('with the wall clock timers run in real time', async () => {
  fixture = await startFixture({ clock: wallClock, nightly: '* * * * * *' });
  const before = (await runsOf('nightly')).length;
  await eventually(async () => (await runsOf('nightly')).length >= before + 2, 'two runs, a second apart');
  expect((await runsOf('nightly')).at(-1)).toMatchObject({ isPastDue: false });
});
