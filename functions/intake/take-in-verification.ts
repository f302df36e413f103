import { app } from '@azure/functions';
import { onHttp, Problem } from '../../shared/runtime/on-http.ts';

app.http('take-in-verification', {
  methods: ['POST'],
  route: 'api/hooks/verification/{provider}',
  authLevel: 'anonymous',
  handler: onHttp({ kind: 'signed', by: 'VERIFICATION_SECRETS' }, async ({ request, app, signed }) => {
    if (signed === undefined) throw new Problem(401, 'A signature is needed.');
    const { takeInCallback } = await import('../../shared/runtime/hooks.ts');
    return await takeInCallback(app, request.params['provider'] ?? '', signed);
  }),
});
