import { app } from '@azure/functions';
import { onTimer } from '../../shared/runtime/on-timer.ts';

app.timer('digest-audit', {
  schedule: '0 5 * * * *',
  handler: onTimer(async (ports) => (await import('../../shared/runtime/sources.ts')).digestAudit(ports)),
});
