import { subscriptionsAfter } from '../azure/subscription-queries.ts';
import { NotAllowed } from '../core/failures.ts';
import { laneOf } from '../core/lane.ts';
import type { Tier } from '../policy/activity-tiers.ts';
import { knownLater } from './classify-failure.ts';
import type { App } from './compose.ts';
import { eventFiles, filePorts } from './event-files.ts';
import { partnerCenterOf } from './handle-action.ts';
import type { IntakeMessage } from './messages.ts';
import type { Delivery } from './on-queue.ts';
import { isLoopback } from './settings.ts';
import { subscriptionsOf } from './watched-logs.ts';

/** Starts a walk through Partner Center's customer list, and notes who the last walk did not find any more. */
export async function syncCustomers(app: App): Promise<void> {
  const { startCustomerSweep } = await import('../customers/sweep-customers.ts');
  await (await import('./closed-accounts.ts')).askForLeft(app);
  await startCustomerSweep(app);
}

/** Starts the sweeps over activity logs whose time has come, unless they are under way. */
export async function startActivitySweeps(app: App): Promise<void> {
  const { startDueSweeps } = await import('../activity/sweep-activity.ts');
  await startDueSweeps(app);
  if (app.settings.ACTIVITY_FILES === undefined) return;
  const { startEventFiles } = await import('../activity/take-in-files.ts');
  await startEventFiles({ ...app, files: await eventFiles(app.settings.ACTIVITY_FILES) });
}

/** Looks for finished cost export runs and sends one message for each. */
export async function pullCosts(app: App): Promise<void> {
  if (app.settings.COST_EXPORTS === undefined) return;
  const [{ findCostRuns }, source] = await Promise.all([import('../usage/find-cost-runs.ts'), costSource(app)]);
  await findCostRuns({
    aggregates: app.aggregates,
    now: app.now,
    source,
  });
}

/** Starts a sweep over the subscriptions whose usage details policy wants, unless one is under way. */
export async function pullConsumption(app: App): Promise<void> {
  if (app.policy.usage.consumption.subscriptions === 'none') return;
  const { startConsumptionSweep } = await import('../usage/sweep-consumption.ts');
  await startConsumptionSweep(app);
}

/** Tells which feeds have become silent. */
export async function checkFeeds(app: App): Promise<void> {
  const [{ checkFeeds: check }, { createFeedShelf }] = await Promise.all([
    import('../usage/check-feeds.ts'),
    import('../azure/feed-queries.ts'),
  ]);
  const shelf = createFeedShelf({
    sweeps: app.containers('sweeps'),
    usage: app.containers('usage'),
    activity: app.containers('activity'),
  });
  const { aggregates, policy, now } = app;
  await check({ aggregates, policy, now, shelf, expectsExports: app.settings.COST_EXPORTS !== undefined });
}

/** Does what a message of the queue `intake` asks for. */
export async function takeInFacts(message: IntakeMessage, app: App, delivery: Delivery): Promise<void> {
  switch (message.kind) {
    case 'customers-step':
      return await walkCustomerList(app, message, delivery.messageId);
    case 'customer-left':
      return await (await import('./closed-accounts.ts')).takeLeave(message, app);
    case 'customer-has-subscription': {
      const { noteOwner } = await import('../customers/sync-customers.ts');
      return await noteOwner(app, message);
    }
    case 'activity-step': {
      const [{ walkOn }, { readActivity }, ports] = await Promise.all([
        import('../activity/sweep-activity.ts'),
        import('../activity/read-activity.ts'),
        activityPorts(app, message.tier),
      ]);
      return await walkOn(
        { ...ports, read: asLater((subscriptionId) => readActivity(ports, subscriptionId)), warn: console.warn },
        message,
        delivery.messageId,
      );
    }
    case 'event-file': {
      const { takeInEventFile } = await import('../activity/take-in-files.ts');
      return await takeInEventFile(await filePorts(app), message.name, delivery.messageId);
    }
    case 'cost-feed': {
      const { queueCostRuns } = await import('../usage/find-cost-runs.ts');
      return await queueCostRuns(app, message.feed, message.runs, delivery.messageId);
    }
    case 'cost-step': {
      const [{ takeInNextRun }, ports, source] = await Promise.all([
        import('../usage/find-cost-runs.ts'),
        figurePorts(app),
        costSource(app),
      ]);
      return await takeInNextRun({ ...ports, source }, message.feed, message.runId);
    }
    case 'consumption-step':
      return await walkConsumption(app, message, delivery.messageId);
    case 'consumption-read': {
      const [{ readConsumption }, ports] = await Promise.all([
        import('../usage/read-consumption.ts'),
        consumptionPorts(app),
      ]);
      return await readConsumption(ports, message);
    }
    default: {
      const { takeInOnboarding } = await import('./onboarding.ts');
      return await takeInOnboarding(message, app, delivery);
    }
  }
}

/** Failures that waiting helps with come as `KnownLater`, whichever SDK they are from: areas know no other. */
function asLater<A, T>(work: (argument: A) => Promise<T>): (argument: A) => Promise<T> {
  return async (argument) => {
    try {
      return await work(argument);
    } catch (error) {
      throw knownLater(error) ?? error;
    }
  };
}

async function walkConsumption(
  app: App,
  step: { readonly run: number; readonly after: string },
  messageId: string,
): Promise<void> {
  const { walkConsumption: walk, namedAfter } = await import('../usage/sweep-consumption.ts');
  const { subscriptions } = app.policy.usage.consumption;
  const { aggregates, now } = app;
  await walk(
    {
      aggregates,
      now,
      async subscriptionsAfter(after, limit) {
        if (subscriptions === 'all') return await subscriptionsAfter(app.containers('subscriptions'), after, limit);
        return namedAfter(subscriptions === 'none' ? [] : subscriptions, after, limit);
      },
    },
    step,
    messageId,
  );
}

/** What figures of any feed are taken in with. */
async function figurePorts(app: App) {
  const [{ createCostShelf }, { createSubscriptionList }] = await Promise.all([
    import('../azure/cost-queries.ts'),
    import('../azure/customer-subscriptions.ts'),
  ]);
  const { aggregates, policy, now, containers } = app;
  const shelf = createCostShelf(containers('usage'));
  return { aggregates, policy, now, shelf, subscriptions: createSubscriptionList(containers('subscriptions')) };
}

async function consumptionPorts(app: App) {
  const [{ createConsumption }, { ArmRefused }, ports, { credentialOf }] = await Promise.all([
    import('../azure/consumption.ts'),
    import('../azure/arm-wire.ts'),
    figurePorts(app),
    import('./compose.ts'),
  ]);
  const { ARM_URL: endpoint } = app.settings;
  const credential = await credentialOf(app.settings);
  const consumption = createConsumption({ endpoint, credential, allowHttp: isLoopback(endpoint) });
  return {
    ...ports,
    usageDetails: {
      async *ofSubscription(subscriptionId: string, from: string, to: string) {
        try {
          yield* consumption.usageOfSubscription(subscriptionId, from, to);
        } catch (error) {
          // Offers without usage details, and subscriptions that are gone, are refused: time does not change it.
          if (!(error instanceof ArmRefused)) throw error;
          throw new NotAllowed(error.message, { code: error.code, cause: error });
        }
      },
    },
  };
}

async function walkCustomerList(
  app: App,
  step: Extract<IntakeMessage, { kind: 'customers-step' }>,
  messageId: string,
): Promise<void> {
  const [{ walkCustomers }, { customerLinks }] = await Promise.all([
    import('../customers/sweep-customers.ts'),
    import('./identity.ts'),
  ]);
  const { requestsPerMinute, sweepShare } = app.policy.partnerCenter;
  const taken = await walkCustomers(
    {
      aggregates: app.aggregates,
      now: app.now,
      directory: await customerDirectory(app),
      requestsPerMinute: requestsPerMinute * sweepShare,
      link: await customerLinks(app),
      warn: console.warn,
    },
    step,
    messageId,
  );
  // Nobody waits in a handler: the same step comes again when its time has come.
  if (taken.kind === 'early') {
    await app.sender.sendLater('intake', { id: messageId, lane: laneOf('customers'), body: step }, taken.at);
  }
}

async function customerDirectory(app: App) {
  let requests = 0;
  const center = await partnerCenterOf(app, { onRequest: () => void requests++ });
  return {
    customersOn: center.customersOn,
    async *subscriptions(tenantId: string) {
      for await (const plan of center.azurePlans(tenantId)) {
        for await (const one of center.entitlements(tenantId, plan.planId)) {
          yield { planId: plan.planId, subscriptionId: one.entitlementId, name: one.name };
        }
      }
    },
    requests: () => requests,
  };
}

async function activityPorts(app: App, tier: Tier) {
  const [{ createActivityLog }, { rulesOf }, { credentialOf }] = await Promise.all([
    import('../azure/activity-log.ts'),
    import('../activity/packaged-rules.ts'),
    import('./compose.ts'),
  ]);
  const { ARM_URL: endpoint } = app.settings;
  return {
    aggregates: app.aggregates,
    policy: app.policy,
    now: app.now,
    subscriptionsAfter: await subscriptionsOf(app, tier),
    archive: await archiveOf(app),
    rules: await rulesOf(app.policy),
    log: createActivityLog({ endpoint, credential: await credentialOf(app.settings), allowHttp: isLoopback(endpoint) }),
  };
}

async function costSource(app: App) {
  const { folderCostSource } = await import('../azure/cost-folder.ts');
  return folderCostSource(app.settings.COST_EXPORTS ?? '');
}

/** Puts the heads of the audit chains into the archive. */
export async function digestAudit(app: App): Promise<void> {
  const [{ digestHeads }, { createChainHeads }, archive] = await Promise.all([
    import('../audit/digest-heads.ts'),
    import('../azure/audit-queries.ts'),
    archiveOf(app),
  ]);
  await digestHeads({ heads: createChainHeads(app.containers('audit')), archive, now: app.now });
}

async function archiveOf(app: App) {
  const { createFolderArchive } = await import('../azure/archive-folder.ts');
  return createFolderArchive(app.settings.SURETY_ARCHIVE);
}
