import type { Caller, EstateSubscription } from './estate.ts';

/** One call to Azure Resource Manager, from which the activity log makes several events. */
export interface Operation {
  /** When it begins: milliseconds since 1970. */
  readonly at: number;
  readonly subscription: EstateSubscription;
  readonly caller: Caller;
  /** `operationName.value`, as the log spells it. */
  readonly name: string;
  /** `operationName.localizedValue`. */
  readonly title: string;
  readonly method: 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** What stands after `/subscriptions/{id}`; empty for the subscription itself. */
  readonly resource: string;
  readonly body?: unknown;
  readonly end: OperationEnd;
  /** The caller's role by which it was allowed. */
  readonly role?: string;
}

/** How it ends. `lasting` operations are accepted first and end seconds or minutes later. */
export interface OperationEnd {
  readonly status: 'Succeeded' | 'Failed';
  readonly code: keyof typeof httpStatus;
  readonly lasting: boolean;
  readonly message?: string;
}

/** `subStatus` values and their HTTP status codes. */
export const httpStatus = {
  OK: 200,
  Created: 201,
  Accepted: 202,
  NoContent: 204,
  Forbidden: 403,
  Conflict: 409,
} as const;

export const ok: OperationEnd = { status: 'Succeeded', code: 'OK', lasting: false };
export const created: OperationEnd = { status: 'Succeeded', code: 'Created', lasting: false };
export const lasting: OperationEnd = { status: 'Succeeded', code: 'OK', lasting: true };
export const lastingCreated: OperationEnd = { status: 'Succeeded', code: 'Created', lasting: true };

type Who = Pick<Operation, 'at' | 'subscription' | 'caller'>;

const inGroup = ({ group }: EstateSubscription, path: string) => `/resourceGroups/${group}/providers/${path}`;

export const machineResource = (group: string, name: string): string =>
  `/resourceGroups/${group}/providers/Microsoft.Compute/virtualMachines/${name}`;

/** Creates a virtual machine; the body is in the event that begins it. */
export function createMachine(
  who: Who,
  machine: { readonly group: string; readonly name: string; readonly size: string; readonly region: string },
  end: OperationEnd = lastingCreated,
): Operation {
  const { group, name, size, region } = machine;
  return {
    ...who,
    name: 'Microsoft.Compute/virtualMachines/write',
    title: 'Create or Update Virtual Machine',
    method: 'PUT',
    resource: machineResource(group, name),
    body: {
      location: region,
      properties: {
        hardwareProfile: { vmSize: size },
        storageProfile: {
          imageReference: { publisher: 'canonical', offer: 'ubuntu-24_04-lts', sku: 'server', version: 'latest' },
          osDisk: { createOption: 'FromImage', managedDisk: { storageAccountType: 'Premium_LRS' } },
        },
        osProfile: { computerName: name, adminUsername: 'azureuser' },
      },
    },
    end,
  };
}

/** Creates or resizes a scale set. */
export function writeScaleSet(
  who: Who,
  set: {
    readonly group: string;
    readonly name: string;
    readonly size: string;
    readonly region: string;
    readonly capacity: number;
  },
  end: OperationEnd = lasting,
): Operation {
  return {
    ...who,
    name: 'Microsoft.Compute/virtualMachineScaleSets/write',
    title: 'Create or Update Virtual Machine Scale Set',
    method: 'PUT',
    resource: `/resourceGroups/${set.group}/providers/Microsoft.Compute/virtualMachineScaleSets/${set.name}`,
    body: {
      location: set.region,
      sku: { name: set.size, tier: 'Standard', capacity: set.capacity },
      properties: { upgradePolicy: { mode: 'Manual' }, overprovision: false },
    },
    end,
  };
}

/** An action on a virtual machine that takes a while. */
export function actOnMachine(
  who: Who,
  name: string,
  action: 'restart' | 'deallocate' | 'start',
  group = who.subscription.group,
): Operation {
  const titles = {
    restart: 'Restart Virtual Machine',
    deallocate: 'Deallocate Virtual Machine',
    start: 'Start Virtual Machine',
  };
  return {
    ...who,
    name: `Microsoft.Compute/virtualMachines/${action}/action`,
    title: titles[action],
    method: 'POST',
    resource: machineResource(group, name),
    end: lasting,
  };
}

export const deleteMachine = (who: Who, group: string, name: string): Operation => ({
  ...who,
  name: 'Microsoft.Compute/virtualMachines/delete',
  title: 'Delete Virtual Machine',
  method: 'DELETE',
  resource: machineResource(group, name),
  end: lasting,
});

/** Role definitions that every tenant has. */
export const builtInRoles = {
  Owner: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
  Contributor: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
  Reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
} as const;

/** Grants a role at the subscription. */
export function grantRole(
  who: Who,
  grant: {
    readonly id: string;
    readonly role: keyof typeof builtInRoles;
    readonly principalId: string;
    readonly principalType: 'User' | 'ServicePrincipal';
  },
  end: OperationEnd = created,
): Operation {
  const scope = `/subscriptions/${who.subscription.id}`;
  return {
    ...who,
    name: 'Microsoft.Authorization/roleAssignments/write',
    title: 'Create role assignment',
    method: 'PUT',
    resource: `/providers/Microsoft.Authorization/roleAssignments/${grant.id}`,
    body: {
      Id: grant.id,
      Properties: {
        PrincipalId: grant.principalId,
        PrincipalType: grant.principalType,
        RoleDefinitionId: `${scope}/providers/Microsoft.Authorization/roleDefinitions/${builtInRoles[grant.role]}`,
        Scope: scope,
      },
    },
    end,
    role: 'Owner',
  };
}

/** A short change to something in the subscription's own resource group. */
export const changeInGroup = (
  who: Who,
  change: Pick<Operation, 'name' | 'title' | 'method' | 'body' | 'end'> & { readonly path: string },
): Operation => {
  const { path, ...rest } = change;
  return { ...who, ...rest, resource: inGroup(who.subscription, path) };
};

/** Deletes something, whatever its kind. */
export const remove = (who: Who, name: string, title: string, resource: string): Operation => ({
  ...who,
  name,
  title,
  method: 'DELETE',
  resource,
  end: ok,
});
