import { app } from '@azure/functions';
import { Signal } from '../../shared/cases/signal.ts';
import { onQueue } from '../../shared/runtime/on-queue.ts';

app.serviceBusQueue('take-in-signal', {
  connection: 'SERVICE_BUS',
  queueName: 'signals',
  isSessionsEnabled: true,
  handler: onQueue('signals', Signal, async (signal, ports, { messageId }) => {
    const { takeInSignal } = await import('../../shared/cases/take-in-signal.ts');
    const { createCaseFinder } = await import('../../shared/azure/case-queries.ts');
    return await takeInSignal({ ...ports, finder: createCaseFinder(ports.containers('cases')) }, signal, messageId);
  }),
});
