import { app } from '@azure/functions';
import { handleAction } from '../../shared/runtime/handle-action.ts';
import { ActionMessage } from '../../shared/runtime/messages.ts';
import { onQueue } from '../../shared/runtime/on-queue.ts';

app.serviceBusQueue('act', {
  connection: 'SERVICE_BUS',
  queueName: 'actions',
  isSessionsEnabled: true,
  handler: onQueue('actions', ActionMessage, handleAction),
});
