import { app } from '@azure/functions';
import { onTimer } from '../../shared/runtime/on-timer.ts';

app.timer('pull-consumption', {
  schedule: '15 20 */4 * * *',
  handler: onTimer(async (ports) => (await import('../../shared/runtime/sources.ts')).pullConsumption(ports)),
});
