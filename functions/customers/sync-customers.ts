import { app } from '@azure/functions';
import { onTimer } from '../../shared/runtime/on-timer.ts';

app.timer('sync-customers', {
  schedule: '15 0 * * * *',
  handler: onTimer(async (ports) => (await import('../../shared/runtime/sources.ts')).syncCustomers(ports)),
});
