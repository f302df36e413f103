import { app } from '@azure/functions';
import { gate, seen } from '../seen.js';

const note = (name) => (timer, context) => {
  seen.push({
    kind: name,
    isPastDue: timer.isPastDue,
    last: timer.scheduleStatus.last,
    retry: context.retryContext?.retryCount,
  });
};
app.timer('every-minute', { schedule: '0 * * * * *', handler: note('every-minute') });
app.timer('nightly', { schedule: '%NIGHTLY%', handler: note('nightly') });
app.timer('friday-13', { schedule: '0 0 0 13 * 5', handler: note('friday-13') });
app.timer('at-start', { schedule: '0 0 0 1 1 *', runOnStartup: true, useMonitor: false, handler: note('at-start') });
app.timer('slow', {
  schedule: '0 0 12 * * *',
  async handler() {
    seen.push({ kind: 'slow' });
    await gate('slow').promise;
  },
});
app.timer('fails-twice', {
  schedule: '0 0 6 * * *',
  retry: { strategy: 'fixedDelay', maxRetryCount: 3, delayInterval: 1 },
  handler(timer, context) {
    note('fails-twice')(timer, context);
    if ((context.retryContext?.retryCount ?? 0) < 2) throw new Error('not yet');
  },
});
app.timer('fails-always', {
  schedule: '0 0 0 29 2 *',
  retry: {
    strategy: 'exponentialBackoff',
    maxRetryCount: -1,
    minimumInterval: { minutes: 1 },
    maximumInterval: { hours: 1 },
  },
  handler(timer, context) {
    note('fails-always')(timer, context);
    throw new Error('never');
  },
});
