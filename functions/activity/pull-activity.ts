import { app } from '@azure/functions';
import { onTimer } from '../../shared/runtime/on-timer.ts';

app.timer('pull-activity', {
  schedule: '0 */5 * * * *',
  handler: onTimer(async (ports) => (await import('../../shared/runtime/sources.ts')).startActivitySweeps(ports)),
});
