import { app } from '@azure/functions';
import { onTimer } from '../../shared/runtime/on-timer.ts';

app.timer('check-feeds', {
  schedule: '30 50 * * * *',
  handler: onTimer(async (ports) => (await import('../../shared/runtime/sources.ts')).checkFeeds(ports)),
});
