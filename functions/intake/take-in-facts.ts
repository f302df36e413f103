import { app } from '@azure/functions';
import { IntakeMessage } from '../../shared/runtime/messages.ts';
import { onQueue } from '../../shared/runtime/on-queue.ts';

app.serviceBusQueue('take-in-facts', {
  connection: 'SERVICE_BUS',
  queueName: 'intake',
  handler: onQueue('intake', IntakeMessage, async (message, ports, delivery) =>
    (await import('../../shared/runtime/sources.ts')).takeInFacts(message, ports, delivery),
  ),
});
