import { app } from '@azure/functions';
import { handleDue } from '../../shared/runtime/handle-due.ts';
import { DueMessage } from '../../shared/runtime/messages.ts';
import { onQueue } from '../../shared/runtime/on-queue.ts';

app.serviceBusQueue('handle-due', {
  connection: 'SERVICE_BUS',
  queueName: 'due',
  isSessionsEnabled: true,
  handler: onQueue('due', DueMessage, handleDue),
});
