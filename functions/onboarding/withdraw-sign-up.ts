import { app } from '@azure/functions';
import { onHttp } from '../../shared/runtime/on-http.ts';

app.http('withdraw-sign-up', {
  methods: ['POST'],
  route: 'api/signups/{id}/withdraw',
  authLevel: 'anonymous',
  handler: onHttp({ kind: 'applicant' }, async ({ request, app, applicant }) => {
    const { withdrawOwn } = await import('../../shared/runtime/sign-ups.ts');
    return { jsonBody: await withdrawOwn(app, request.params['id'] ?? '', applicant) };
  }),
});
