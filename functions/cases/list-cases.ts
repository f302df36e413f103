import { app } from '@azure/functions';
import { onHttp, Problem } from '../../shared/runtime/on-http.ts';
import { pageAfter } from '../../shared/runtime/page-after.ts';

app.http('list-cases', {
  methods: ['GET'],
  route: 'api/cases',
  authLevel: 'anonymous',
  handler: onHttp(
    { kind: 'person', roles: ['Risk.Reader', 'Risk.Analyst', 'Risk.Approver', 'Risk.Admin', 'Risk.Auditor'] },
    async ({ request, app }) => {
      const { listCases } = await import('../../shared/azure/case-queries.ts');
      const status = request.query.get('status') ?? 'open';
      if (status !== 'open' && status !== 'closed' && status !== 'watching')
        throw new Problem(400, 'status is "open", "watching" or "closed".');
      const limit = Number(request.query.get('limit') ?? 50);
      if (!Number.isInteger(limit) || limit < 1 || limit > 200)
        throw new Problem(400, 'limit is a whole number from 1 to 200.');
      const page = await pageAfter(request.query, (after) => listCases(app.containers('cases'), status, limit, after));
      const { caseSummary } = await import('../../shared/cases/case-view.ts');
      return {
        jsonBody: {
          asOf: app.now().toISOString(),
          cases: page.cases.map(caseSummary),
          continuation: page.next ?? null,
        },
      };
    },
  ),
});
