import { app } from '@azure/functions';
import { onHttp } from '../../shared/runtime/on-http.ts';

app.http('add-sign-up-evidence', {
  methods: ['POST'],
  route: 'api/signups/{id}/evidence',
  authLevel: 'anonymous',
  handler: onHttp(
    { kind: 'applicant-or-person', roles: ['Risk.Analyst'] },
    async ({ request, app, applicant, person }) => {
      const { addSignUpEvidence } = await import('../../shared/runtime/sign-ups.ts');
      return { jsonBody: await addSignUpEvidence(app, request.params['id'] ?? '', request, { applicant, person }) };
    },
  ),
});
