/** A request of the SMS API, version 2021-03-07, as far as it is read. */
export interface SmsRequest {
  readonly from: string;
  readonly message: string;
  readonly recipients: readonly string[];
  readonly wantsReport: boolean;
  readonly tag: string;
}

/** One recipient's result, and the report that follows it. */
export interface SmsOutcome {
  readonly result: Readonly<Record<string, unknown>>;
  readonly messageId: string;
  readonly to: string;
  readonly successful: boolean;
  /** Absent: no report ever comes. */
  readonly report?: { readonly status: 'Delivered' | 'Failed'; readonly details: string };
}

/**
 * What becomes of a message, by the last four digits of its number: 0400 is no number, 0503 meets a service that is away, 0429
 * one that is busy; 0404 is accepted and does not arrive, 0408 is accepted and never reported. All others arrive.
 */
export const endings = {
  invalid: '0400',
  busy: '0429',
  away: '0503',
  lost: '0404',
  silent: '0408',
} as const;

/** Reads a request; undefined for what the API refuses with 400. */
export function readSmsRequest(text: string): SmsRequest | undefined {
  const body = parsed(text);
  const { from, message, smsRecipients, smsSendOptions } = asRecord(body);
  const options = asRecord(smsSendOptions);
  if (typeof from !== 'string' || typeof message !== 'string' || message === '' || !Array.isArray(smsRecipients)) {
    return undefined;
  }
  const recipients = smsRecipients.map((one) => asRecord(one)['to']).filter((to) => typeof to === 'string');
  if (recipients.length === 0 || recipients.length !== smsRecipients.length || recipients.length > 100)
    return undefined;
  return {
    from,
    message,
    recipients,
    wantsReport: options['enableDeliveryReport'] === true,
    tag: typeof options['tag'] === 'string' ? options['tag'] : '',
  };
}

/** What becomes of the message of one recipient. */
export function outcomeOf(to: string, messageId: string): SmsOutcome {
  const failed = (httpStatusCode: number, errorMessage: string): SmsOutcome => ({
    result: { to, httpStatusCode, errorMessage, repeatabilityResult: 'accepted', successful: false },
    messageId,
    to,
    successful: false,
  });
  const ending = to.slice(-4);
  if (!/^\+[1-9]\d{6,14}$/.test(to) || ending === endings.invalid)
    return failed(400, 'Invalid To phone number format.');
  if (ending === endings.away) return failed(503, 'ServiceUnavailable');
  if (ending === endings.busy) return failed(429, 'TooManyRequests');
  const accepted = {
    result: { to, messageId, httpStatusCode: 202, repeatabilityResult: 'accepted', successful: true },
    messageId,
    to,
    successful: true,
  };
  if (ending === endings.silent) return accepted;
  const report =
    ending === endings.lost
      ? ({ status: 'Failed', details: 'Unreachable destination handset.' } as const)
      : ({ status: 'Delivered', details: 'No error.' } as const);
  return { ...accepted, report };
}

/** The delivery report as Event Grid delivers it: `from` without its plus, as samples show it. */
export function reportEvent({ from, tag }: SmsRequest, outcome: SmsOutcome, at: Date): Record<string, unknown> {
  const sender = from.replace(/^\+/, '');
  const time = at.toISOString();
  return {
    id: outcome.messageId,
    topic:
      '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/surety/providers/microsoft.communication/communicationservices/loopback',
    subject: `/phonenumber/${sender}`,
    data: {
      messageId: outcome.messageId,
      from: sender,
      to: outcome.to,
      deliveryStatus: outcome.report?.status,
      deliveryStatusDetails: outcome.report?.details,
      receivedTimestamp: time,
      deliveryAttempts: [
        { timestamp: time, segmentsSucceeded: outcome.report?.status === 'Delivered' ? 1 : 0, segmentsFailed: 0 },
      ],
      tag,
    },
    eventType: 'Microsoft.Communication.SMSDeliveryReportReceived',
    dataVersion: '1.0',
    metadataVersion: '1',
    eventTime: time,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
