import { app } from '@azure/functions';
import { NotificationMessage } from '../../shared/runtime/messages.ts';
import { onQueue } from '../../shared/runtime/on-queue.ts';

app.serviceBusQueue('send-notification', {
  connection: 'SERVICE_BUS',
  queueName: 'notifications',
  handler: onQueue('notifications', NotificationMessage, async (message, ports) =>
    (await import('../../shared/runtime/onboarding.ts')).notify(message, ports),
  ),
});
