import { expect, test } from 'vitest';
import { eventually, startFixture } from './app.ts';

test('a stop lets a running request finish, takes no new one, and then closes', async () => {
  const fixture = await startFixture();
  const counts: number[] = [];
  fixture.host.onChange((running) => counts.push(running));
  const waiting = fixture.get('/wait/stop');
  await eventually(async () => (await fixture.seen('waits')).length === 1, 'the handler runs');
  let stopped = false;
  const stop = fixture.host.stop().then(() => {
    stopped = true;
  });
  await expect(fetch(`${fixture.host.url}/items`)).rejects.toThrow();
  expect(stopped).toBe(false);
  expect(fixture.host.running).toBe(1);
  // The gate is opened from within: there is no other way in any more.
  const second = await startFixture();
  await second.open('stop');
  expect(await (await waiting).text()).toBe('waited');
  await stop;
  expect(counts.at(-1)).toBe(0);
  await second.host.stop();
});
