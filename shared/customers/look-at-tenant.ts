import type { Aggregates } from '../core/aggregate.ts';
import type { PosturePolicy } from '../policy/posture-policy.ts';
import { type Directory, type RoleAssignments, readDirectory, readRoles } from './read-posture.ts';
import { decideFirstLook, decideLook, isNextStep, postureAddress, type TenantPosture } from './tenant-posture.ts';

export interface LookPorts {
  readonly aggregates: Aggregates;
  readonly now: () => Date;
  readonly policy: PosturePolicy;
  readonly directory: Directory;
  readonly roles: RoleAssignments;
  /** The next subscriptions of a party by id. */
  readonly subscriptionsOf: (party: string, after: string, limit: number) => Promise<readonly string[]>;
}

/** Subscriptions of one step: each is a call to Azure, and the step has to end inside a message's lock. */
const subscriptionsAtATime = 20;

/** Asks for the first look at a customer's tenant, once. A customer that is known already is looked at by the daily sweep. */
export async function askFirstLook(
  { aggregates, now }: Pick<LookPorts, 'aggregates' | 'now'>,
  party: string,
): Promise<void> {
  await aggregates.act<TenantPosture>(postureAddress(party), undefined, (state) =>
    decideFirstLook(state, party, now()),
  );
}

/**
 * Takes one step of a look at a tenant: its directory with the first, some of its subscriptions with each. A stale or repeated
 * step asks Microsoft for nothing. Throws `KnownLater` while Microsoft is away: the step comes again, and nothing is half-told.
 */
export async function lookAtTenant(
  ports: LookPorts,
  step: { readonly party: string; readonly look: string; readonly after: string },
  messageId: string,
): Promise<void> {
  const { party, after } = step;
  const address = postureAddress(party);
  if (!isNextStep(await ports.aggregates.read<TenantPosture>(address), step)) return;
  const tenantId = party.replace(/^customer:/, '');
  const ids = await ports.subscriptionsOf(party, after, subscriptionsAtATime);
  const directory = after === '' ? await readDirectory(ports.directory, tenantId) : undefined;
  const roles = await readRoles(ports.roles, ids);
  const next = ids.length < subscriptionsAtATime ? undefined : ids.at(-1);
  await ports.aggregates.act<TenantPosture>(address, messageId, (state) =>
    decideLook(state, { ...step, directory, roles, next }, ports.policy, ports.now()),
  );
}
