import { app } from '@azure/functions';
import { bodyOf, onHttp, Problem } from '../../shared/runtime/on-http.ts';

app.http('close-otp-breaker', {
  methods: ['POST'],
  route: 'api/otp/breakers/{prefix}',
  authLevel: 'anonymous',
  handler: onHttp({ kind: 'person', roles: ['Risk.Admin'] }, async ({ request, app, person }) => {
    const { BreakerChange, closeBreaker } = await import('../../shared/runtime/otp.ts');
    if (person === undefined) throw new Problem(401, 'A person is needed.');
    const { reason } = await bodyOf(request, BreakerChange);
    const closed = await closeBreaker(app, request.params['prefix'] ?? '', reason, person.id);
    if (closed === undefined) throw new Problem(404, 'No messages were ever stopped under that name.');
    return { jsonBody: closed };
  }),
});
