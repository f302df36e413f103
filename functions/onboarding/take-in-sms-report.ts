import { app } from '@azure/functions';
import { onQueue } from '../../shared/runtime/on-queue.ts';
import { SmsEvent, takeInSmsEvent } from '../../shared/runtime/sms-reports.ts';

app.serviceBusQueue('take-in-sms-report', {
  connection: 'SERVICE_BUS',
  queueName: 'sms-reports',
  handler: onQueue('sms-reports', SmsEvent, takeInSmsEvent),
});
