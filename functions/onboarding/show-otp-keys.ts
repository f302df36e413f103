import { app } from '@azure/functions';
import { onHttp } from '../../shared/runtime/on-http.ts';

app.http('show-otp-keys', {
  methods: ['GET'],
  route: 'api/otp/keys',
  authLevel: 'anonymous',
  handler: onHttp({ kind: 'anyone', why: 'public keys, with which the portal checks proofs' }, async ({ app }) => {
    const { proofKeySet } = await import('../../shared/runtime/check-proof.ts');
    return { jsonBody: await proofKeySet(app.settings) };
  }),
});
