/** Operations that create what computes: what is mined with, and what costs most. */
const computeOperations: ReadonlySet<string> = new Set([
  'microsoft.compute/virtualmachines/write',
  'microsoft.compute/virtualmachinescalesets/write',
  'microsoft.batch/batchaccounts/write',
  'microsoft.batch/batchaccounts/pools/write',
  'microsoft.containerservice/managedclusters/write',
  'microsoft.containerservice/managedclusters/agentpools/write',
  'microsoft.machinelearningservices/workspaces/computes/write',
  'microsoft.containerinstance/containergroups/write',
]);

/** Whether the operation (lower case) creates something that computes. */
export const createsCompute = (operation: string): boolean => computeOperations.has(operation);
