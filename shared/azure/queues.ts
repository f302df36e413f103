import type { QueueName } from '../core/aggregate.ts';

/** A Service Bus queue. Durations are ISO 8601, as in the queue's ARM properties. */
export interface QueueDefinition {
  readonly name: QueueName;
  /** Sessions are lanes that spare conflicts; no code relies on their order or on being alone. */
  readonly requiresSession: boolean;
  readonly lockDuration: string;
  readonly maxDeliveryCount: number;
  readonly defaultMessageTimeToLive: string;
  readonly deadLetteringOnMessageExpiration: boolean;
}

const common = {
  maxDeliveryCount: 10,
  defaultMessageTimeToLive: 'P14D',
  deadLetteringOnMessageExpiration: true,
} as const;

/**
 * The only list of queues: `local/` creates from it, `infra/` is checked against it. No queue uses duplicate detection:
 * its history would swallow re-scheduled retries and replays, so handlers deduplicate.
 */
export const queues = {
  /** What sources bring in, before it is a signal: feed windows, webhooks, mail. */
  intake: { name: 'intake', requiresSession: false, lockDuration: 'PT1M', ...common },
  signals: { name: 'signals', requiresSession: true, lockDuration: 'PT1M', ...common },
  /** What `nextDueAt` says is due, with the document's version. */
  due: { name: 'due', requiresSession: true, lockDuration: 'PT1M', ...common },
  /** Containment and restore only. */
  actions: { name: 'actions', requiresSession: true, lockDuration: 'PT5M', ...common },
  /** Mail, SMS and webhooks out, to people. */
  notifications: { name: 'notifications', requiresSession: false, lockDuration: 'PT1M', ...common },
  /** Delivery reports of SMS and mail, from Event Grid. */
  smsReports: { name: 'sms-reports', requiresSession: false, lockDuration: 'PT1M', ...common },
} as const satisfies Record<string, QueueDefinition>;

/** Lanes of a queue with sessions; `core/lane.ts` chooses one. */
export const laneCount = 64;
