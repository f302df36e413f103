import { app } from '@azure/functions';
import { onHttp } from '../../shared/runtime/on-http.ts';

app.http('health', {
  methods: ['GET'],
  route: 'api/health',
  authLevel: 'anonymous',
  handler: onHttp(
    { kind: 'anyone', why: 'outside monitors ask it; it tells counts and ages, nothing about customers' },
    async ({ app }) => {
      const { readHealth } = await import('../../shared/runtime/health.ts');
      const health = await readHealth(app);
      return { status: health.status === 'broken' ? 503 : 200, jsonBody: health };
    },
  ),
});
