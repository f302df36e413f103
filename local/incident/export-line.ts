import type { WorldPartner } from '../world.ts';
import type { CostLine } from './cost-lines.ts';
import type { Estate } from './estate.ts';

/** What an export writes about a line beside the line itself. */
export interface ExportLine extends CostLine {
  readonly estate: Estate;
  readonly partner: WorldPartner;
  readonly billing: BillingScope;
  /** First instant of the billing month and of the next one. */
  readonly month: number;
  readonly monthEnd: number;
}

/** The partner's billing account (Microsoft Partner Agreement) and its profile. */
export interface BillingScope {
  /** `{guid}:{guid}_2019-05-31`. */
  readonly accountId: string;
  /** `XXXX-XXXX-XXX-XXX`. */
  readonly profileId: string;
}

export const billingAccountPath = ({ accountId }: BillingScope): string =>
  `/providers/Microsoft.Billing/billingAccounts/${accountId}`;

/** The ARM id of what costs, as Microsoft writes it in cost files: in lower case. */
export const resourceIdOf = ({ resource }: ExportLine): string =>
  `/subscriptions/${resource.subscription.id}/resourcegroups/${resource.group}/providers/${resource.meter.resourceType}/${resource.name}`.toLowerCase();

const regionNames: Readonly<Record<string, string>> = {
  westeurope: 'EU West',
  northeurope: 'EU North',
  germanywestcentral: 'DE West Central',
  francecentral: 'FR Central',
  swedencentral: 'SE Central',
  switzerlandnorth: 'CH North',
  southcentralus: 'US South Central',
  westus2: 'US West 2',
  eastus: 'US East',
  koreacentral: 'KR Central',
  japaneast: 'JA East',
  australiaeast: 'AU East',
  brazilsouth: 'BR South',
  canadacentral: 'CA Central',
  southafricanorth: 'ZA North',
};

export const regionName = (region: string): string => regionNames[region] ?? region;

/** `2026-11-01T00:00:00Z`. */
export const isoSeconds = (instant: number): string => `${new Date(instant).toISOString().slice(0, 19)}Z`;

/** What Azure tells of a machine beside its meter, as JSON text; empty for other things. */
export const machineDetails = ({ resource: { meter } }: ExportLine): string =>
  meter.size === undefined ? '' : JSON.stringify({ ServiceType: meter.size, UsageType: 'ComputeHR' });
