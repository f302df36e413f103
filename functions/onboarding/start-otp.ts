import { app } from '@azure/functions';
import { bodyOf, onHttp } from '../../shared/runtime/on-http.ts';

app.http('start-otp', {
  methods: ['POST'],
  route: 'api/otp',
  authLevel: 'anonymous',
  handler: onHttp(
    {
      kind: 'anyone',
      why: 'whoever signs up or in has nothing to show yet; every answer is the same, and limits hold',
    },
    async ({ request, app }) => {
      const { CodeRequest, startOtp } = await import('../../shared/runtime/otp.ts');
      return { status: 202, jsonBody: await startOtp(app, await bodyOf(request, CodeRequest), request.headers) };
    },
  ),
});
