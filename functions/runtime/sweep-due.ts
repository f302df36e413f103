import { app } from '@azure/functions';
import { onTimer } from '../../shared/runtime/on-timer.ts';

app.timer('sweep-due', {
  schedule: '0 * * * * *',
  handler: onTimer(async (ports) => (await import('../../shared/runtime/sweep-due.ts')).sweepDue(ports)),
});
