import { app } from '@azure/functions';
import { onHttp } from '../../shared/runtime/on-http.ts';

app.http('list-sign-ups', {
  methods: ['GET'],
  route: 'api/signups',
  authLevel: 'anonymous',
  handler: onHttp(
    { kind: 'person', roles: ['Risk.Reader', 'Risk.Analyst', 'Risk.Approver', 'Risk.Admin', 'Risk.Auditor'] },
    async ({ request, app }) => {
      const { listOfSignUps } = await import('../../shared/runtime/sign-ups.ts');
      return { jsonBody: await listOfSignUps(app, request.query) };
    },
  ),
});
