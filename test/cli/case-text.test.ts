import { expect, test } from 'vitest';
import { decideCase } from '../../shared/cases/case.ts';
import { casePage } from '../../shared/cli/case-text.ts';
import { planView } from '../../shared/enforcement/plan-view.ts';
import { aPolicy, aSignal } from '../cases/a-signal.ts';
import { aPlan, committed } from '../enforcement/a-plan.ts';

const now = new Date('2026-11-24T10:00:00.000Z');
const targets = Array.from({ length: 3000 }, (_, n) => ({
  subscriptionId: `sub-${String(n).padStart(4, '0')}`,
  name: `Production ${n}`,
  customerId: 'contoso',
  planId: 'azure-plan',
}));

test('a page says how many targets of a long plan it does not show, and where they are', () => {
  const one = committed(undefined, decideCase(undefined, aSignal(), 1, aPolicy(), now));
  const view = planView(aPlan(now, { targets }), {
    from: 0,
    targets: targets.slice(0, 500),
    leftOut: [],
    progress: [],
  });
  const page = casePage({ one, name: 'Contoso' }, [], [view]);
  expect(page).toContain('    sub-0499      Production 499');
  expect(page).not.toContain('sub-0500');
  expect(page).toContain('    and 2500 more: GET /api/plans/{id}?from=500 shows them\n');
  expect(page).toContain('plan proposed: 3000 subscriptions to stop');
});
