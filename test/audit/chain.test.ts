import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AuditLine, chainVerifier, nextLine } from '../../shared/audit/chain.ts';
import type { AuditEffect } from '../../shared/core/aggregate.ts';

const anEffect = (n: number): AuditEffect => ({
  to: 'audit',
  id: `effect-${n}`,
  party: 'customer:contoso',
  at: '2026-11-24T10:00:00.000Z',
  actor: 'surety',
  action: 'hold-placed',
  target: 'subscription:s',
  facts: { n },
});

function aChain(length: number): AuditLine[] {
  const lines: AuditLine[] = [];
  for (let n = 1; n <= length; n += 1) lines.push(nextLine(lines.at(-1), anEffect(n)));
  return lines;
}

function verdictOf(lines: readonly AuditLine[]) {
  const verifier = chainVerifier();
  for (const line of lines) verifier.take(line);
  return verifier.verdict();
}

test('a chain as it was written is whole', () => {
  expect(verdictOf(aChain(5))).toMatchObject({ kind: 'whole', lines: 5 });
  expect(verdictOf([])).toMatchObject({ kind: 'whole', lines: 0 });
});

test('any change of any line, a missing line and a swapped pair are found at the first broken link', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 20 }),
      fc.nat(),
      fc.constantFrom('facts', 'actor', 'at', 'effectId'),
      (length, at, member) => {
        const lines = aChain(length);
        const index = at % length;
        const changed = lines.map((line, i) =>
          i === index ? { ...line, [member]: member === 'facts' ? { n: -1 } : 'x' } : line,
        );
        expect(verdictOf(changed)).toMatchObject({ kind: 'broken', at: index + 1 });
        if (index < length - 1) {
          expect(verdictOf(lines.filter((_, i) => i !== index))).toMatchObject({ kind: 'broken', at: index + 1 });
        }
      },
    ),
  );
});

test('a line rewritten with a fitting hash breaks the link of the next one', () => {
  const lines = aChain(3);
  const forged = nextLine(lines[0], { ...anEffect(2), facts: { n: 99 } });
  const [first, , third] = lines;
  expect(verdictOf([first, forged, third].filter((line) => line !== undefined))).toMatchObject({
    kind: 'broken',
    at: 3,
  });
});
