import type { App } from './compose.ts';
import type { IntakeMessage, NotificationMessage } from './messages.ts';
import type { Delivery } from './on-queue.ts';

/** Does what an onboarding message of the queue `intake` asks for. */
export async function takeInOnboarding(message: IntakeMessage, _app: App, _delivery: Delivery): Promise<void> {
  throw new Error(`nothing takes in "${message.kind}" yet`);
}

/** Sends what a message of the queue `notifications` names. */
export async function notify(message: NotificationMessage, _app: App): Promise<void> {
  throw new Error(`nothing sends "${message.kind}" yet`);
}
