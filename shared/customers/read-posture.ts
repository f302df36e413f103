import { NotAllowed } from '../core/failures.ts';
import {
  type AzureHolder,
  type AzureRole,
  type DirectoryFacts,
  type Part,
  partsOfDirectory,
  type Unseen,
} from './posture.ts';

/** A customer's directory. Everything throws `NotAllowed` where it may not be seen, `KnownLater` where waiting helps. */
export interface Directory {
  /** Holders of any directory role, by object id. */
  admins(tenantId: string): AsyncIterable<{ readonly id: string; readonly hasMfa: boolean }>;
  globalAdministrators(
    tenantId: string,
  ): AsyncIterable<{ readonly id: string; readonly type: 'person' | 'app' | 'group' }>;
  /** How many addresses are told of technical and of security matters. */
  contacts(tenantId: string): Promise<{ readonly technical: number; readonly security: number }>;
  securityDefaults(tenantId: string): Promise<{ readonly enabled: boolean }>;
}

/** Who holds a powerful Azure role at a subscription or above it. Fails as `Directory` does. */
export interface RoleAssignments {
  powerful(subscriptionId: string): AsyncIterable<{
    readonly role: AzureRole;
    readonly principalId: string;
    /** `User`, `Group`, `ServicePrincipal`, `ForeignGroup`, … */
    readonly principalType: string;
    readonly scope: string;
    /** Narrowed by a condition. */
    readonly conditional: boolean;
  }>;
}

/** What was seen of a directory, and why the rest was not. */
export interface DirectorySeen {
  readonly facts: DirectoryFacts;
  readonly unseen: readonly Unseen[];
}

/** More people than this are counted, not named. */
const mostNamed = 50;

/** Reads a tenant's directory, each part by itself: what may not be seen keeps nothing else from being seen. */
export async function readDirectory(directory: Directory, tenantId: string): Promise<DirectorySeen> {
  const readers: { readonly [P in (typeof partsOfDirectory)[number]]: () => Promise<DirectoryFacts> } = {
    mfa: async () => {
      let admins = 0;
      let without = 0;
      const withoutMfa: string[] = [];
      for await (const { id, hasMfa } of directory.admins(tenantId)) {
        admins += 1;
        if (hasMfa) continue;
        without += 1;
        if (withoutMfa.length < mostNamed) withoutMfa.push(id);
      }
      return { mfa: { admins, without, withoutMfa: withoutMfa.sort() } };
    },
    'global-admins': async () => {
      const found: { readonly id: string; readonly type: 'person' | 'app' | 'group' }[] = [];
      let total = 0;
      for await (const one of directory.globalAdministrators(tenantId)) {
        total += 1;
        if (found.length < mostNamed) found.push(one);
      }
      const holders = found.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      return { 'global-admins': { total, holders } };
    },
    'security-defaults': async () => ({ 'security-defaults': await directory.securityDefaults(tenantId) }),
    contacts: async () => ({ contacts: await directory.contacts(tenantId) }),
  };
  let facts: DirectoryFacts = {};
  const unseen: Unseen[] = [];
  for (const part of partsOfDirectory) {
    const read = await unlessRefused(readers[part]);
    if (read instanceof NotAllowed) unseen.push(unseenOf(part, read));
    else facts = { ...facts, ...read };
  }
  return { facts, unseen };
}

const unseenOf = (part: Part, { code, message }: NotAllowed): Unseen => ({
  part,
  code,
  text: message.slice(0, 300),
});

async function unlessRefused<T>(read: () => Promise<T>): Promise<T | NotAllowed> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof NotAllowed) return error;
    throw error;
  }
}

/** What was seen of the roles at some subscriptions. */
export interface RolesSeen {
  readonly holders: readonly AzureHolder[];
  readonly seen: number;
  /** Subscriptions whose roles may not be read. */
  readonly refused: readonly { readonly subscriptionId: string; readonly code: string; readonly text: string }[];
}

/** Reads the powerful role assignments of some subscriptions, two at a time. */
export async function readRoles(roles: RoleAssignments, subscriptionIds: readonly string[]): Promise<RolesSeen> {
  const holders: AzureHolder[] = [];
  const refused: { subscriptionId: string; code: string; text: string }[] = [];
  let seen = 0;
  const readOne = async (subscriptionId: string) => {
    const found: AzureHolder[] = [];
    const read = await unlessRefused(async () => {
      for await (const { scope, ...one } of roles.powerful(subscriptionId)) {
        found.push({ ...one, atRoot: scope === '/', subscriptions: 1, example: subscriptionId });
      }
    });
    if (read instanceof NotAllowed) {
      refused.push({ subscriptionId, code: read.code, text: read.message.slice(0, 300) });
      return;
    }
    seen += 1;
    holders.push(...found);
  };
  for (let at = 0; at < subscriptionIds.length; at += 2) {
    await Promise.all(subscriptionIds.slice(at, at + 2).map(readOne));
  }
  return { holders, seen, refused };
}
