import { app } from '@azure/functions';
import { onHttp, Problem } from '../../shared/runtime/on-http.ts';

app.http('take-in-billing', {
  methods: ['POST'],
  route: 'api/hooks/billing',
  authLevel: 'anonymous',
  handler: onHttp({ kind: 'signed', by: 'BILLING_WEBHOOK_SECRETS' }, async ({ app, signed }) => {
    if (signed === undefined) throw new Problem(401, 'A signature is needed.');
    return await (await import('../../shared/runtime/hooks.ts')).takeInBilling(app, signed);
  }),
});
