import { expect, test } from 'vitest';
import { playHere } from './play-here.ts';
import { aDataFolder, differenceOf, digestOf, runIncident } from './run-incident.ts';

const minuteMs = 60_000;

test('Cosmos DB away for a minute in the middle of the attack: nothing is dead-lettered, and the work goes on', async () => {
  const folder = aDataFolder();
  const calm = await runIncident(folder.data, ['--brief']);
  folder.done();
  if (calm.report === undefined) throw new Error(calm.output);
  let refused = 0;
  const report = await playHere(({ clock }) => {
    let seen = 0;
    let from: number | undefined;
    return [
      {
        applies: ({ endpoint }) => {
          if (endpoint !== 'cosmos') return false;
          seen += 1;
          // In the middle of the work, not between two timers.
          if (seen === 500) from = clock.now().getTime();
          const away = from !== undefined && clock.now().getTime() < from + minuteMs;
          if (away) refused += 1;
          return away;
        },
        times: Number.POSITIVE_INFINITY,
        act: { kind: 'status', status: 503 },
      },
    ];
  });
  expect(refused).toBeGreaterThan(5);
  expect(differenceOf(digestOf(calm.report), digestOf(report))).toEqual({});
});
