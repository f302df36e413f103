import { app } from '@azure/functions';
import { bodyOf, onHttp, Problem } from '../../shared/runtime/on-http.ts';

app.http('restore-plan', {
  methods: ['POST'],
  route: 'api/plans/{id}/restore',
  authLevel: 'anonymous',
  handler: onHttp({ kind: 'person', roles: ['Risk.Approver'] }, async ({ request, app, person }) => {
    const { restorePlan, RestoreBody } = await import('../../shared/enforcement/approve-plan.ts');
    if (person === undefined) throw new Problem(401, 'A person is needed.');
    const verdict = await restorePlan(app, request.params['id'] ?? '', await bodyOf(request, RestoreBody), person);
    if (verdict.kind === 'refused') throw new Problem(verdict.status, verdict.why);
    const { showPlan } = await import('../../shared/runtime/show-plan.ts');
    return { jsonBody: await showPlan(app.containers, verdict.plan) };
  }),
});
