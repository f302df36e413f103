import { app } from '@azure/functions';
import { bodyOf, onHttp, Problem } from '../../shared/runtime/on-http.ts';

app.http('verify-otp', {
  methods: ['POST'],
  route: 'api/otp/{id}/verify',
  authLevel: 'anonymous',
  handler: onHttp(
    { kind: 'anyone', why: 'the code is what is shown; guesses are counted before they are compared' },
    async ({ request, app }) => {
      const { Guess, verifyOtp } = await import('../../shared/runtime/otp.ts');
      const { code } = await bodyOf(request, Guess);
      const proven = await verifyOtp(app, request.params['id'] ?? '', code, request.headers);
      if (proven === undefined) throw new Problem(403, 'The code is not accepted. Check it, or ask for a new one.');
      return { jsonBody: proven };
    },
  ),
});
