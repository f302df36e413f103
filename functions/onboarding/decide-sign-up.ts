import { app } from '@azure/functions';
import { bodyOf, onHttp, Problem } from '../../shared/runtime/on-http.ts';

app.http('decide-sign-up', {
  methods: ['POST'],
  route: 'api/signups/{id}/decision',
  authLevel: 'anonymous',
  handler: onHttp({ kind: 'person', roles: ['Risk.Approver'] }, async ({ request, app, person }) => {
    const [{ decide }, { SignUpDecision }] = await Promise.all([
      import('../../shared/runtime/sign-ups.ts'),
      import('../../shared/onboarding/sign-up-verdict.ts'),
    ]);
    if (person === undefined) throw new Problem(401, 'A person is needed.');
    const shown = await decide(app, request.params['id'] ?? '', await bodyOf(request, SignUpDecision), person);
    return { jsonBody: shown, headers: { etag: `"${shown.version}"` } };
  }),
});
