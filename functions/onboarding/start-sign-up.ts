import { app } from '@azure/functions';
import { bodyOf, onHttp, Problem } from '../../shared/runtime/on-http.ts';

app.http('start-sign-up', {
  methods: ['POST'],
  route: 'api/signups',
  authLevel: 'anonymous',
  handler: onHttp({ kind: 'applicant' }, async ({ request, app, applicant }) => {
    const [{ startSignUp }, { Applicant }] = await Promise.all([
      import('../../shared/runtime/sign-ups.ts'),
      import('../../shared/onboarding/applicant.ts'),
    ]);
    if (applicant === undefined) throw new Problem(401, 'A proof of the phone is needed.');
    const { isNew, receipt } = await startSignUp(app, await bodyOf(request, Applicant), request.headers, applicant);
    return { status: isNew ? 201 : 200, headers: { location: receipt.status }, jsonBody: receipt };
  }),
});
