import { expect, test } from 'vitest';
import { playHere } from './play-here.ts';
import { aDataFolder, differenceOf, digestOf, runIncident } from './run-incident.ts';

test('every message delivered three times, the copies shuffled among later ones, ends as if it had come once', async () => {
  const folder = aDataFolder();
  const calm = await runIncident(folder.data, ['--brief']);
  folder.done();
  if (calm.report === undefined) throw new Error(calm.output);
  const delays = [0, 7_000, 20_000, 50_000, 95_000, 130_000];
  let sent = 0;
  const shuffled = await playHere(() => [
    {
      applies: ({ endpoint, operation }) => endpoint === 'service-bus' && operation === 'send',
      times: Number.POSITIVE_INFINITY,
      get act() {
        sent += 1;
        return { kind: 'duplicate' as const, laterMs: [delays[sent % 6] ?? 0, delays[(sent * 5 + 2) % 6] ?? 0] };
      },
    },
  ]);
  expect(sent).toBeGreaterThan(50);
  expect(differenceOf(digestOf(calm.report), digestOf(shuffled))).toEqual({});
});
