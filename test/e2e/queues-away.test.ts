import { expect, test } from 'vitest';
import { playHere } from './play-here.ts';
import { aDataFolder, differenceOf, digestOf, runIncident } from './run-incident.ts';

/** Real time: what waits for Service Bus waits inside its lock, and the runtime's clock stands still meanwhile. */
const awayMs = 8_000;

test('Service Bus refusing every message for some seconds: nothing is dead-lettered, and the work goes on', async () => {
  const folder = aDataFolder();
  const calm = await runIncident(folder.data, ['--brief']);
  folder.done();
  if (calm.report === undefined) throw new Error(calm.output);
  let refused = 0;
  const report = await playHere(() => {
    let from: number | undefined;
    let seen = 0;
    return [
      {
        applies: ({ endpoint, operation }) => {
          if (endpoint !== 'service-bus' || !/send|schedule/.test(operation)) return false;
          seen += 1;
          if (seen === 40) from = Date.now();
          const away = from !== undefined && Date.now() < from + awayMs;
          if (away) refused += 1;
          return away;
        },
        times: Number.POSITIVE_INFINITY,
        act: { kind: 'status', status: 503 },
      },
    ];
  });
  expect(refused).toBeGreaterThan(3);
  expect(differenceOf(digestOf(calm.report), digestOf(report))).toEqual({});
});
