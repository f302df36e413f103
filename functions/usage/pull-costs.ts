import { app } from '@azure/functions';
import { onTimer } from '../../shared/runtime/on-timer.ts';

app.timer('pull-costs', {
  schedule: '45 */15 * * * *',
  handler: onTimer(async (ports) => (await import('../../shared/runtime/sources.ts')).pullCosts(ports)),
});
