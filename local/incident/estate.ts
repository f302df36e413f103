import type { WorldCustomer, WorldPartner } from '../world.ts';
import { type CompanyName, companyNames, familyName, givenName } from './names.ts';
import { type Random, randomOf } from './random.ts';

/** Somebody, or something, that signs in and calls Azure Resource Manager. */
export interface Caller {
  readonly kind: 'user' | 'application';
  /** The member `caller` of the log: a user's UPN, an application's object id. */
  readonly key: string;
  readonly objectId: string;
  readonly name: string;
  /** The tenant the account lives in: not the customer's for guests and for the partner's own people. */
  readonly homeTenantId: string;
  readonly appId: string;
  readonly ip: string;
  /** Value of the claim `authnmethodsreferences`. */
  readonly methods: string;
}

export interface EstateSubscription {
  readonly id: string;
  readonly name: string;
  readonly tenantId: string;
  /** Where everything of it stands. */
  readonly region: string;
  readonly group: string;
  readonly machines: readonly [string, ...string[]];
  readonly site: string;
  readonly storageAccount: string;
  readonly sqlServer: string;
  readonly vault: string;
  /** Size of its daily life and cost, about 1. */
  readonly scale: number;
}

/** A customer with what it runs and who works there. */
export interface Estate {
  readonly customer: WorldCustomer;
  readonly label: string;
  readonly currency: 'EUR' | 'USD';
  readonly format: 'focus' | 'actual-cost';
  readonly subscriptions: readonly [EstateSubscription, ...EstateSubscription[]];
  readonly admins: readonly [Caller, ...Caller[]];
  readonly developers: readonly [Caller, ...Caller[]];
  readonly pipeline: Caller;
  /** An account that looks at things and lists keys, and has never written anything. */
  readonly reader: Caller;
}

/** The application id of the Azure portal, and of Azure PowerShell and the Azure CLI. */
export const portalAppId = 'c44b4083-3bb0-49c1-b47d-974e53cbdf3c';
export const commandLineAppId = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';

const regions = [
  'westeurope',
  'northeurope',
  'germanywestcentral',
  'francecentral',
  'swedencentral',
  'switzerlandnorth',
] as const;
const purposes = ['Production', 'Test', 'Data', 'Shared Services'] as const;

/** The partner with the four people its approvals need. */
export function makePartner(seed: number): WorldPartner {
  const random = randomOf(seed, 'partner');
  const person = (name: string, ...roles: string[]) => ({ objectId: random.guid(), name, roles });
  return {
    tenantId: random.guid(),
    name: 'Contoso Cloud Services',
    people: [
      person('Alex Analyst', 'Risk.Analyst'),
      person('Petra Approver', 'Risk.Approver'),
      person('Amir Administrator', 'Risk.Admin'),
      person('Olga Auditor', 'Risk.Auditor'),
    ],
  };
}

/** Customers with their subscriptions and people; three of them are billed in US dollars. */
export function makeEstates(seed: number, count: number): readonly Estate[] {
  const names = companyNames(randomOf(seed, 'companies'), count);
  const inDollars = new Set(
    randomOf(seed, 'currencies')
      .shuffled(names)
      .slice(0, 3)
      .map(({ label }) => label),
  );
  return names.map((name) => makeEstate(seed, name, inDollars.has(name.label) ? 'USD' : 'EUR'));
}

function makeEstate(seed: number, { name, label }: CompanyName, currency: 'EUR' | 'USD'): Estate {
  const random = randomOf(seed, 'estate', label);
  const tenantId = random.guid();
  const domain = `${label}.example`;
  const region = random.pick(regions);
  const [first, ...others] = purposes;
  const subscriptions: Estate['subscriptions'] = [
    makeSubscription(random, tenantId, `${name} ${first}`, label, region),
    ...others
      .slice(0, random.whole(0, 3))
      .map((purpose) => makeSubscription(random, tenantId, `${name} ${purpose}`, label, region)),
  ];
  const ip = `203.0.113.${random.whole(1, 254)}`;
  const user = () => makeUser(random, { domain, tenantId, ip, methods: 'pwd,mfa' });
  return {
    customer: {
      tenantId,
      companyName: name,
      domain,
      plans: [
        {
          planId: random.guid(),
          entitlements: subscriptions.map((subscription) => ({
            id: subscription.id,
            friendlyName: subscription.name,
          })),
        },
      ],
    },
    label,
    currency,
    format: random.chance(0.6) ? 'focus' : 'actual-cost',
    subscriptions,
    admins: [user(), user()],
    developers: [user(), user(), user()],
    pipeline: makeApplication(random, 'release-pipeline', tenantId, `198.51.100.${random.whole(1, 254)}`),
    reader: makeUser(random, { domain, tenantId, ip, methods: 'pwd' }),
  };
}

function makeSubscription(
  random: Random,
  tenantId: string,
  name: string,
  label: string,
  region: string,
): EstateSubscription {
  const short = label.slice(0, 10);
  const tail = random.hex(4);
  const machine = (role: string) => `vm-${role}-${tail}`;
  const more = ['db', 'files', 'jobs', 'ad'].slice(0, random.whole(0, 4)).map(machine);
  return {
    id: random.guid(),
    name,
    tenantId,
    region,
    group: `rg-${short}-${tail}`,
    machines: [machine('web'), ...more],
    site: `app-${short}-${tail}`,
    storageAccount: `st${short}${tail}`,
    sqlServer: `sql-${short}-${tail}`,
    vault: `kv-${short}-${tail}`,
    scale: random.real(0.5, 1.6),
  };
}

interface Account {
  readonly domain: string;
  readonly tenantId: string;
  readonly ip: string;
  readonly methods: string;
}

/** A person's account; two of the same name get different numbers. */
export function makeUser(random: Random, { domain, tenantId, ip, methods }: Account): Caller {
  const given = givenName(random);
  const family = familyName(random);
  return {
    kind: 'user',
    key: `${given}.${family}${random.whole(10, 99)}@${domain}`.toLowerCase(),
    objectId: random.guid(),
    name: `${given} ${family}`,
    homeTenantId: tenantId,
    appId: random.chance(0.7) ? portalAppId : commandLineAppId,
    ip,
    methods,
  };
}

/** A service principal that signs in with a secret. */
export function makeApplication(random: Random, name: string, tenantId: string, ip: string): Caller {
  const objectId = random.guid();
  return {
    kind: 'application',
    key: objectId,
    objectId,
    name,
    homeTenantId: tenantId,
    appId: random.guid(),
    ip,
    methods: '',
  };
}
