import type { AzureHolder, PostureFacts, Unseen } from './posture.ts';
import type { RolesSeen } from './read-posture.ts';

/** Powerful roles as they add up while a look walks over a tenant's subscriptions, however many there are. */
export interface RoleWalk {
  readonly look: string;
  /** Subscriptions up to and with this id are added up. */
  readonly after: string;
  readonly seen: number;
  readonly holders: readonly AzureHolder[];
  /** Subscriptions whose roles may not be read, and the first of them. */
  readonly refused: number;
  readonly refusal?: { readonly code: string; readonly text: string };
}

/** Principals beyond this are not kept: then the tenant has another problem, and a weakness each already. */
const keptHolders = 200;

/** Adds the roles of some more subscriptions up, each principal and role once. Pure. */
export function mergeHolders(
  walk: RoleWalk | undefined,
  step: { readonly look: string; readonly after: string; readonly next: string | undefined; readonly roles: RolesSeen },
): RoleWalk {
  const { roles } = step;
  const [first] = roles.refused.toSorted((a, b) => (a.subscriptionId < b.subscriptionId ? -1 : 1));
  const refusal = walk?.refusal ?? first;
  return {
    look: step.look,
    after: step.next ?? step.after,
    seen: (walk?.seen ?? 0) + roles.seen,
    holders: merged([...(walk?.holders ?? []), ...roles.holders]).slice(0, keptHolders),
    refused: (walk?.refused ?? 0) + roles.refused.length,
    ...(refusal === undefined ? {} : { refusal: { code: refusal.code, text: refusal.text } }),
  };
}

const keyOf = ({ role, principalId }: AzureHolder): string => `${role} ${principalId}`;

function merged(holders: readonly AzureHolder[]): readonly AzureHolder[] {
  const byKey = Map.groupBy(holders, keyOf);
  return [...byKey.values()]
    .flatMap((same) => {
      const [first] = same.toSorted((a, b) => (a.example < b.example ? -1 : 1));
      if (first === undefined) return [];
      return {
        ...first,
        conditional: same.every(({ conditional }) => conditional),
        atRoot: same.some(({ atRoot }) => atRoot),
        // The same subscription may hold the role twice: at itself and above.
        subscriptions: same.reduce((sum, one) => sum + one.subscriptions, 0),
      };
    })
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/**
 * What the walk came to. While some subscriptions may not be read, what was known before stays beside what was seen now:
 * nothing is cleared by not being seen. A tenant without subscriptions has nothing to see.
 */
export function walkedRoles(
  walk: RoleWalk,
  before: PostureFacts['azure-roles'],
): { readonly facts: Pick<PostureFacts, 'azure-roles'>; readonly unseen: readonly Unseen[] } {
  const { seen, refused, refusal } = walk;
  const text = `${refused} of ${seen + refused} subscriptions: ${refusal?.text ?? ''}`;
  const unseen: readonly Unseen[] =
    refused === 0 ? [] : [{ part: 'azure-roles', code: refusal?.code ?? 'Refused', text: text.slice(0, 300) }];
  if (seen === 0) return { facts: {}, unseen };
  const kept = refused === 0 ? [] : (before?.holders ?? []);
  const now = new Set(walk.holders.map(keyOf));
  const holders = [...walk.holders, ...kept.filter((one) => !now.has(keyOf(one)))];
  return { facts: { 'azure-roles': { subscriptions: seen, holders } }, unseen };
}
