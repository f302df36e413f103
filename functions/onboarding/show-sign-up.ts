import { app } from '@azure/functions';
import { onHttp } from '../../shared/runtime/on-http.ts';

app.http('show-sign-up', {
  methods: ['GET'],
  route: 'api/signups/{id}',
  authLevel: 'anonymous',
  handler: onHttp(
    {
      kind: 'applicant-or-person',
      roles: ['Risk.Reader', 'Risk.Analyst', 'Risk.Approver', 'Risk.Admin', 'Risk.Auditor'],
    },
    async ({ request, app, applicant, person }) => {
      const { showSignUp } = await import('../../shared/runtime/sign-ups.ts');
      const { shown, version } = await showSignUp(app, request.params['id'] ?? '', { applicant, person });
      return { jsonBody: shown, headers: version === undefined ? {} : { etag: `"${version}"` } };
    },
  ),
});
