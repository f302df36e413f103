import { app } from '@azure/functions';
import { gate, seen } from '../seen.js';

let working = 0;
const handler = (queue) => async (message, context) => {
  working += 1;
  const { deliveryCount, messageId, sessionId, applicationProperties } = context.triggerMetadata;
  seen.push({ kind: queue, message, working, deliveryCount, messageId, sessionId, applicationProperties });
  try {
    if (message.waitMs) await new Promise((resolve) => setTimeout(resolve, message.waitMs));
    if (message.gate) await gate(message.gate).promise;
    if (message.failUntil >= deliveryCount) throw new Error('refused');
  } finally {
    working -= 1;
  }
};
app.serviceBusQueue('on-plain', { connection: 'SERVICE_BUS', queueName: 'intake', handler: handler('plain') });
app.serviceBusQueue('on-session', {
  connection: 'SERVICE_BUS',
  queueName: 'signals',
  isSessionsEnabled: true,
  handler: handler('session'),
});
