import { app } from '@azure/functions';
import { onTimer } from '../../shared/runtime/on-timer.ts';

app.timer('sweep-posture', {
  schedule: '45 40 3 * * *',
  handler: onTimer(async (ports) => (await import('../../shared/runtime/postures.ts')).startPostures(ports)),
});
