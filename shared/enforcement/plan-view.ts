import type { Plan } from './plan.ts';

/** A plan as people see it: everything an approval is bound to, nothing of the store. */
export function planView(plan: Plan) {
  const { outbox: _o, pendingSince: _p, v: _v, kind: _k, ...shown } = plan;
  return Object.fromEntries(Object.entries(shown).filter(([key]) => !key.startsWith('_')));
}
