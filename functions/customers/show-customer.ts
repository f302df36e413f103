import { app } from '@azure/functions';
import { onHttp, Problem } from '../../shared/runtime/on-http.ts';

app.http('show-customer', {
  methods: ['GET'],
  route: 'api/customers/{id}',
  authLevel: 'anonymous',
  handler: onHttp(
    { kind: 'person', roles: ['Risk.Reader', 'Risk.Analyst', 'Risk.Approver', 'Risk.Admin', 'Risk.Auditor'] },
    async ({ request, app }) => {
      const { showCustomer } = await import('../../shared/runtime/show-customer.ts');
      const shown = await showCustomer(app, request.params['id'] ?? '');
      if (shown === undefined) throw new Problem(404, `There is no customer "${request.params['id']}".`);
      return { jsonBody: shown, headers: { etag: `"${shown.version}"` } };
    },
  ),
});
