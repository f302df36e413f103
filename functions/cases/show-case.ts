import { app } from '@azure/functions';
import { onHttp, Problem } from '../../shared/runtime/on-http.ts';

app.http('show-case', {
  methods: ['GET'],
  route: 'api/cases/{id}',
  authLevel: 'anonymous',
  handler: onHttp(
    { kind: 'person', roles: ['Risk.Reader', 'Risk.Analyst', 'Risk.Approver', 'Risk.Admin', 'Risk.Auditor'] },
    async ({ request, app }) => {
      const { showCase } = await import('../../shared/runtime/show-case.ts');
      const shown = await showCase(app, request.params['id'] ?? '');
      if (shown === undefined) throw new Problem(404, `There is no case "${request.params['id']}".`);
      return { jsonBody: shown, headers: { etag: `"${shown.version}"` } };
    },
  ),
});
