import { z } from 'zod';
import type { App } from './compose.ts';
import { onboardingKeys } from './onboarding-keys.ts';

/**
 * An event of Event Grid's own schema as it delivers it to a Service Bus queue. Only the delivery report's members are read
 * (https://learn.microsoft.com/azure/event-grid/communication-services-telephony-sms-events); samples spell `Tag` and `tag`.
 */
export const SmsEvent = z.object({
  id: z.string(),
  eventType: z.string(),
  eventTime: z.string().optional(),
  data: z.object({
    messageId: z.string().optional(),
    to: z.string().optional(),
    deliveryStatus: z.string().optional(),
    deliveryStatusDetails: z.string().nullish(),
    receivedTimestamp: z.string().nullish(),
    tag: z.string().nullish(),
    Tag: z.string().nullish(),
  }),
});
export type SmsEvent = z.infer<typeof SmsEvent>;

const reportType = 'Microsoft.Communication.SMSDeliveryReportReceived';

/** Takes an event of the queue `sms-reports` in. What it is not for is told in the log, and done with. */
export async function takeInSmsEvent(event: SmsEvent, app: App): Promise<void> {
  const { messageId, to, deliveryStatus, deliveryStatusDetails, tag, Tag, receivedTimestamp } = event.data;
  if (event.eventType !== reportType || messageId === undefined || to === undefined) {
    console.warn(`event ${event.id} of type ${event.eventType} is no delivery report of a message: nothing to do`);
    return;
  }
  const [{ takeInReport }, { createCounters }] = await Promise.all([
    import('../onboarding/take-in-report.ts'),
    import('../azure/counters.ts'),
  ]);
  const counters = createCounters(app.containers('counters'));
  const ports = { aggregates: app.aggregates, counters, index: onboardingKeys(app.settings, 'INDEX_KEYS') };
  const report = {
    messageId,
    tag: tag || Tag || '',
    delivered: deliveryStatus === 'Delivered',
    details: `${deliveryStatus ?? ''} ${deliveryStatusDetails ?? ''}`.trim(),
    at: instantOf(receivedTimestamp) ?? instantOf(event.eventTime) ?? app.now().toISOString(),
  };
  const number = to.startsWith('+') ? to : `+${to}`;
  if ((await takeInReport(ports, number, report)) !== 'unmatched') return;
  // Another application of the resource sends too, or the phone was forgotten: a day after its last message.
  const day = app.now().toISOString().slice(0, 10);
  await counters.note(`unmatched|${day}`, report.delivered ? 'delivered' : 'undelivered', 30 * 24 * 3600);
  console.warn(`delivery report of message ${messageId} matches no message sent within a day: counted only`);
}

/** ISO 8601 as the product writes it: three digits of a second. */
function instantOf(text: string | null | undefined): string | undefined {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
