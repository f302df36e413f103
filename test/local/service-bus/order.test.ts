import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBacklog } from '../../../local/service-bus/backlog.ts';
import { createSchedule } from '../../../local/service-bus/schedule.ts';
import type { Entry } from '../../../local/service-bus/wire.ts';

const entry = (seq: number, change: Partial<Entry> = {}): Entry => ({
  seq,
  session: undefined,
  raw: Buffer.alloc(0),
  deliveries: 0,
  enqueuedAt: 0,
  dueAt: undefined,
  expiresAt: Number.POSITIVE_INFINITY,
  ...change,
});

test('a schedule gives out what is due, the earliest first, and never what was cancelled', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), dueAt: fc.nat(50) }),
    fc.record({ kind: fc.constant('cancel' as const), seq: fc.nat(60) }),
    fc.record({ kind: fc.constant('advance' as const), by: fc.nat(10) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const schedule = createSchedule();
      let model: Entry[] = [];
      let now = 0;
      steps.forEach((one, seq) => {
        if (one.kind === 'add') {
          const added = entry(seq, { dueAt: one.dueAt });
          schedule.add(added);
          model.push(added);
        } else if (one.kind === 'cancel') {
          expect(schedule.cancel(one.seq)).toBe(model.find((known) => known.seq === one.seq));
          model = model.filter((known) => known.seq !== one.seq);
        } else {
          now += one.by;
          const due = model.filter((known) => (known.dueAt ?? 0) <= now);
          expect(schedule.takeDue(now)).toEqual(due.sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0) || a.seq - b.seq));
          model = model.filter((known) => (known.dueAt ?? 0) > now);
        }
        expect(schedule.size).toBe(model.length);
        const times = model.map((known) => known.dueAt ?? 0);
        expect(schedule.nextAt()).toBe(times.length === 0 ? undefined : Math.min(...times));
      });
    }),
  );
});

test('many cancelled messages do not stay in memory or in the way', () => {
  const schedule = createSchedule();
  for (let seq = 0; seq < 20_000; seq += 1) {
    schedule.add(entry(seq, { dueAt: 20_000 - seq }));
    if (seq % 100 !== 0) schedule.cancel(seq);
  }
  expect(schedule.takeDue(20_000).map(({ seq }) => seq)).toEqual(
    Array.from({ length: 200 }, (_, n) => 19_900 - n * 100),
  );
});

test('a backlog keeps each session in the order of sequence numbers, also for messages that come back', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('put' as const), lane: fc.nat(3) }),
    fc.record({ kind: fc.constant('take' as const), lane: fc.nat(3), count: fc.nat(4) }),
    fc.record({ kind: fc.constant('back' as const) }),
    fc.record({ kind: fc.constant('expire' as const), now: fc.nat(120) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const backlog = createBacklog();
      const model = new Map<string, Entry[]>();
      const taken: { lane: string; entry: Entry }[] = [];
      const put = (lane: string, one: Entry) => {
        backlog.put(lane, one);
        model.set(
          lane,
          [...(model.get(lane) ?? []), one].sort((a, b) => a.seq - b.seq),
        );
      };
      steps.forEach((one, seq) => {
        if (one.kind === 'put') put(`lane-${one.lane}`, entry(seq, { expiresAt: (seq * 37) % 120 }));
        if (one.kind === 'back') {
          const back = taken.shift();
          if (back !== undefined) put(back.lane, back.entry);
        }
        if (one.kind === 'take') {
          const lane = `lane-${one.lane}`;
          const known = model.get(lane) ?? [];
          const got = backlog.take(lane, one.count);
          expect(got).toEqual(known.slice(0, one.count));
          model.set(lane, known.slice(one.count));
          taken.push(...got.map((each) => ({ lane, entry: each })));
        }
        if (one.kind === 'expire') {
          const expired = [...model.values()].flat().filter((known) => known.expiresAt <= one.now);
          expect(backlog.takeExpired(one.now).toSorted((a, b) => a.seq - b.seq)).toEqual(
            expired.sort((a, b) => a.seq - b.seq),
          );
          for (const [lane, known] of model)
            model.set(
              lane,
              known.filter((each) => each.expiresAt > one.now),
            );
        }
        expect(backlog.size).toBe([...model.values()].flat().length);
        for (const [lane, known] of model) expect(backlog.sizeOf(lane)).toBe(known.length);
      });
    }),
  );
});
