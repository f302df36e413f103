import { readRules } from '../../shared/activity/sigma/read-rules.ts';
import { compileRuleSet, type RuleSet } from '../../shared/activity/sigma/rule-set.ts';
import { type Comparison, median } from './comparison.ts';

const eventCount = 4_000;
const rounds = 9;
const providers = [
  'Compute/virtualMachines',
  'Network/networkInterfaces',
  'Storage/storageAccounts',
  'KeyVault/vaults',
  'Web/sites',
  'Sql/servers/databases',
  'Authorization/roleAssignments',
  'Insights/diagnosticSettings',
  'ContainerService/managedClusters',
  'Network/firewallPolicies',
];
const verbs = ['write', 'delete', 'read/action', 'restart/action', 'listKeys/action', 'join/action'];
const statuses = ['Started', 'Accepted', 'Succeeded', 'Failed'];

/** Parsing and matching events, with 100 and 400 rules, against parsing alone; medians of interleaved rounds. */
export async function run(): Promise<readonly Comparison[]> {
  const lines = Array.from({ length: eventCount }, (_, n) => JSON.stringify(anEvent(n)));
  const bytes = lines.reduce((sum, line) => sum + line.length, 0);
  const contenders = [
    { count: 100, keywords: false },
    { count: 400, keywords: false },
    { count: 400, keywords: true },
  ].map(({ count, keywords }) => {
    const times: number[] = [];
    return {
      rules: `${count} rules${keywords ? ', one in 40 of them keywords' : ''}`,
      set: ruleSet(count, keywords),
      times,
    };
  });
  const bare: number[] = [];
  let matches = 0;
  for (let round = 0; round <= rounds; round++) {
    const parsing = timed(() => parse(lines));
    const matching = contenders.map(({ set }) => timed(() => match(lines, set)));
    // The first round warms everything up.
    if (round === 0) continue;
    bare.push(parsing.ms);
    contenders.forEach(({ times }, index) => {
      times.push(matching[index]?.ms ?? Number.NaN);
      matches += matching[index]?.value ?? 0;
    });
  }
  return contenders.map(({ rules, times }) => ({
    name: `activity events/s, parsed and matched against ${rules}`,
    ratio: median(bare) / median(times),
    against: 'JSON.parse of the same bytes',
    detail: `${rate(times)} events/s of ${Math.round(bytes / eventCount)} bytes; JSON.parse alone ${rate(bare)}; ${matches} matches in all`,
  }));
}

function parse(lines: readonly string[]): number {
  let parsed = 0;
  for (const line of lines) if (JSON.parse(line) !== null) parsed++;
  return parsed;
}

function match(lines: readonly string[], set: RuleSet): number {
  let matched = 0;
  for (const line of lines) matched += set.match(JSON.parse(line), line).length;
  return matched;
}

function timed(work: () => number): { readonly ms: number; readonly value: number } {
  const start = performance.now();
  const value = work();
  return { ms: performance.now() - start, value };
}

const rate = (times: readonly number[]): number => Math.round((eventCount / median(times)) * 1000);

/** A number that looks random and is the same in every run. */
const scatter = (n: number): number => Math.imul(n + 1, 2_654_435_761) >>> 0;
const pick = (from: readonly string[], n: number): string => from[scatter(n) % from.length] ?? '';
const guid = (n: number): string => {
  const hex = [0, 1, 2, 3]
    .map((part) =>
      scatter(n * 4 + part)
        .toString(16)
        .padStart(8, '0'),
    )
    .join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

/** About 4 KB in the REST form: claims, HTTP request, a response body as JSON text. */
function anEvent(n: number): Record<string, unknown> {
  const provider = pick(providers, n);
  const operation = `Microsoft.${provider}/${pick(verbs, n >> 2)}`;
  const status = pick(statuses, n >> 3);
  const user = `user${scatter(n) % 200}@contoso.example`;
  const resourceId = `/subscriptions/${guid(n % 50)}/resourceGroups/rg-${n % 300}/providers/Microsoft.${provider}/resource-${scatter(n) % 5000}`;
  const localised = (value: string) => ({ value, localizedValue: value });
  const soap = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/';
  const microsoft = 'http://schemas.microsoft.com/';
  return {
    authorization: { action: operation, role: 'Contributor', scope: resourceId },
    caller: user,
    channels: 'Operation',
    claims: {
      aud: 'https://management.core.windows.net/',
      iss: `https://sts.windows.net/${guid(n % 20)}/`,
      iat: String(1_780_000_000 + n),
      nbf: String(1_780_000_000 + n),
      exp: String(1_780_003_900 + n),
      [`${microsoft}claims/authnclassreference`]: '1',
      [`${microsoft}claims/authnmethodsreferences`]: 'pwd,mfa',
      [`${microsoft}identity/claims/objectidentifier`]: guid(scatter(n) % 200),
      [`${microsoft}identity/claims/tenantid`]: guid(n % 20),
      [`${microsoft}identity/claims/scope`]: 'user_impersonation',
      [`${soap}upn`]: user,
      [`${soap}name`]: user,
      [`${soap}givenname`]: 'Some',
      [`${soap}surname`]: 'Body',
      [`${soap}nameidentifier`]: `${guid(n)}${guid(n + 1)}`,
      appid: 'c44b4083-3bb0-49c1-b47d-974e53cbdf3c',
      appidacr: '2',
      ipaddr: '203.0.113.10',
      name: 'Some Body',
      puid: '10032000ABCDEF01',
      uti: guid(n + 2),
      ver: '1.0',
      aio: `${guid(n + 3)}${guid(n + 4)}`,
      groups: Array.from({ length: 8 }, (_, group) => guid(group)).join(','),
    },
    correlationId: guid(n),
    description: '',
    eventDataId: guid(n + 7),
    eventName: localised(status === 'Started' ? 'BeginRequest' : 'EndRequest'),
    category: localised('Administrative'),
    httpRequest: { clientRequestId: guid(n + 8), clientIpAddress: '203.0.113.10', method: 'PUT' },
    id: `${resourceId}/events/${guid(n + 7)}/ticks/639000000000000000`,
    level: 'Informational',
    operationId: guid(n),
    operationName: localised(operation),
    resourceGroupName: `rg-${n % 300}`,
    resourceProviderName: localised(`Microsoft.${provider.split('/')[0]}`),
    resourceType: localised(`Microsoft.${provider}`),
    resourceId,
    status: localised(status),
    subStatus: localised(status === 'Succeeded' ? 'Created' : ''),
    eventTimestamp: '2026-11-20T02:11:30.1234567Z',
    submissionTimestamp: '2026-11-20T02:14:02.0000000Z',
    subscriptionId: guid(n % 50),
    tenantId: guid(n % 20),
    properties: {
      statusCode: 'Created',
      serviceRequestId: guid(n + 9),
      eventCategory: 'Administrative',
      entity: resourceId,
      message: operation,
      hierarchy: guid(n % 20),
      responseBody: JSON.stringify({
        id: resourceId,
        location: 'westeurope',
        tags: { owner: user },
        properties: { provisioningState: status, uniqueId: guid(n), notes: 'x'.repeat(900) },
      }),
    },
  };
}

/**
 * Rules in the mix of those that are published: most test the operation, some also status, caller or resource; some are
 * about other logs altogether. Keywords search every string of an event, so that their cost is shown apart.
 */
function ruleSet(count: number, keywords: boolean): RuleSet {
  const texts = Array.from({ length: count }, (_, n) =>
    JSON.stringify({ id: `rule-${n}`, title: `Rule ${n}`, level: 'medium', detection: detection(n, keywords) }),
  );
  const { rules, refused } = readRules(texts.join('\n---\n'), 'bench');
  if (refused.length > 0) throw new Error(`${refused.length} bench rules were refused: ${refused[0]?.reason}`);
  return compileRuleSet(rules);
}

function detection(n: number, keywords: boolean): Record<string, unknown> {
  const operations = [0, 1, 2].map(
    (other) =>
      `MICROSOFT.${pick(providers, n + other).toUpperCase()}/${n % 7 === 0 ? pick(verbs, n) : `verb${n}-${other}/action`}`,
  );
  if (keywords && n % 40 === 11)
    return { keywords: [`Microsoft.Rare${n}/things/write`, `Microsoft.Rare${n}/things/delete`], condition: 'keywords' };
  if (n % 4 === 1) return { selection: { riskEventType: `risk${n}` }, condition: 'selection' };
  if (n % 5 === 2) return { selection: { 'properties.message': `Message ${n}` }, condition: 'selection' };
  if (n % 10 === 3)
    return {
      selection: { operationName: operations, status: 'Succeeded' },
      filter: { 'caller|endswith': '@contoso.example' },
      condition: 'selection and not filter',
    };
  if (n % 10 === 4)
    return {
      selection: { 'operationName|startswith': operations, 'operationName|endswith': '/DELETE' },
      condition: 'selection',
    };
  if (n % 10 === 6)
    return { selection: { ResultType: 50_000 + n, 'ResultDescription|contains': 'Strong' }, condition: 'selection' };
  if (n % 20 === 8)
    return {
      selection: { CategoryValue: 'Administrative', 'ResourceId|contains': `rg-${n}`, operationName: operations },
      condition: 'selection',
    };
  return { selection: { operationName: operations }, condition: 'selection' };
}
