import type { App } from './compose.ts';
import type { IntakeMessage, NotificationMessage } from './messages.ts';
import type { Delivery } from './on-queue.ts';

/** Does what an onboarding message of the queue `intake` asks for. */
export async function takeInOnboarding(message: IntakeMessage, app: App, delivery: Delivery): Promise<void> {
  switch (message.kind) {
    case 'sign-up-evidence': {
      const { addEvidence } = await import('../onboarding/add-evidence.ts');
      return await addEvidence(app, message.signUpId, message.evidence, delivery.messageId);
    }
    case 'assess-identity':
      return await (await import('./identity.ts')).assessIdentity(message, app, delivery.messageId);
    case 'ask-provider':
      return await (await import('./verification.ts')).askProvider(message, app, delivery.messageId);
    case 'hook-arrived':
      return await (await import('./hooks.ts')).takeInArrived(message, app);
    case 'posture-step':
      return await (await import('./postures.ts')).walkPostures(app, message, delivery.messageId);
    case 'posture-look':
      return await (await import('./postures.ts')).lookAtTenant(app, message, delivery.messageId);
    case 'assess-tenant':
      return await (await import('./postures.ts')).assessTenant(app, message, delivery.messageId);
    case 'application-declined':
      return await (await import('./sign-ups.ts')).rememberDeclined(app, message.signUpId, message.at);
    case 'customer-onboarded': {
      const { takeInOnboarding: takeIn } = await import('../customers/take-in-onboarding.ts');
      return await takeIn(app, message.tenantId, message.onboarding, delivery.messageId);
    }
    default:
      throw new Error(`nothing takes in "${message.kind}" yet`);
  }
}

/** Sends what a message of the queue `notifications` names. */
export async function notify(message: NotificationMessage, app: App): Promise<void> {
  switch (message.kind) {
    case 'otp-sms':
      return await (await import('./otp.ts')).sendOtp(app, message);
  }
}
