import { app } from '@azure/functions';
import { onHttp, Problem } from '../../shared/runtime/on-http.ts';

app.http('show-plan', {
  methods: ['GET'],
  route: 'api/plans/{id}',
  authLevel: 'anonymous',
  handler: onHttp(
    { kind: 'person', roles: ['Risk.Reader', 'Risk.Analyst', 'Risk.Approver', 'Risk.Admin', 'Risk.Auditor'] },
    async ({ request, app }) => {
      const { showPlanOf } = await import('../../shared/runtime/show-plan.ts');
      const from = Number(request.query.get('from') ?? 0);
      if (!Number.isSafeInteger(from) || from < 0) throw new Problem(400, 'from is a whole number from 0 on.');
      const shown = await showPlanOf(app.containers, request.params['id'] ?? '', from);
      if (shown === undefined) throw new Problem(404, `There is no plan "${request.params['id']}".`);
      return { jsonBody: shown, headers: { etag: `"${shown.version}"` } };
    },
  ),
});
