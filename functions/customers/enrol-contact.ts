import { app } from '@azure/functions';
import { bodyOf, onHttp, Problem } from '../../shared/runtime/on-http.ts';

app.http('enrol-contact', {
  methods: ['POST'],
  route: 'api/customers/{id}/contacts',
  authLevel: 'anonymous',
  handler: onHttp({ kind: 'person', roles: ['Risk.Analyst', 'Risk.Admin'] }, async ({ request, app, person }) => {
    const [{ Enrolment, enrol }, { customerParty }] = await Promise.all([
      import('../../shared/runtime/otp.ts'),
      import('../../shared/core/ids.ts'),
    ]);
    if (person === undefined) throw new Problem(401, 'A person is needed.');
    const enrolment = await bodyOf(request, Enrolment);
    const id = request.params['id'] ?? '';
    if (!/^[0-9a-f-]{36}$/i.test(id)) throw new Problem(404, 'There is no such customer.');
    const { enrolled, shown } = await enrol(app, customerParty(id), enrolment, person.id);
    if (enrolled === 'unknown-customer') throw new Problem(404, 'There is no such customer.');
    if (enrolled === 'too-many') throw new Problem(409, 'The customer has as many contacts as there may be.');
    return { jsonBody: { ...shown, asOf: app.now().toISOString() } };
  }),
});
