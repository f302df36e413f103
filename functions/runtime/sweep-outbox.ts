import { app } from '@azure/functions';
import { onTimer } from '../../shared/runtime/on-timer.ts';

app.timer('sweep-outbox', {
  schedule: '30 * * * * *',
  handler: onTimer(async (ports) => (await import('../../shared/runtime/sweep-outbox.ts')).sweepOutbox(ports)),
});
