/**
 * What the stand-in for Microsoft knows: a partner, its customers, their plans and Azure subscriptions, and what happens
 * in them. All of it is generated; times are ISO 8601 with `Z`.
 */
export interface World {
  readonly partner: WorldPartner;
  readonly customers: readonly WorldCustomer[];
  /** Activity-log events in the REST wire form, ordered by `visibleAt`. */
  readonly activity: readonly WorldEvent[];
  /** Cost export runs, ordered by `writtenAt`. */
  readonly costRuns: readonly WorldCostRun[];
}

export interface WorldPartner {
  readonly tenantId: string;
  readonly name: string;
  /** People of the partner, for tokens of the local issuer. */
  readonly people: readonly { readonly objectId: string; readonly name: string; readonly roles: readonly string[] }[];
}

export interface WorldCustomer {
  readonly tenantId: string;
  readonly companyName: string;
  readonly domain: string;
  readonly plans: readonly WorldPlan[];
}

/** An Azure plan of Partner Center; its entitlements are the Azure subscriptions. */
export interface WorldPlan {
  readonly planId: string;
  readonly entitlements: readonly { readonly id: string; readonly friendlyName: string }[];
}

export interface WorldEvent {
  readonly subscriptionId: string;
  /** When the activity log starts to show it: some minutes after `eventTimestamp`. */
  readonly visibleAt: string;
  /** One element of `value[]` of the REST answer. */
  readonly event: Readonly<Record<string, unknown>>;
}

/** One run of a Cost Management export of one customer: a manifest and its partitions, in the true file formats. */
export interface WorldCostRun {
  readonly customerTenantId: string;
  readonly writtenAt: string;
  /** Folder of the run under the exports folder, with `/`. */
  readonly folder: string;
  /** Made when the run is written: `manifest.json` last, as the service does. */
  readonly files: () => readonly { readonly name: string; readonly content: Buffer }[];
}
