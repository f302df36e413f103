/** A price of Azure, as cost files name it. Prices are US dollars a unit, list price, as decimal text. */
export interface Meter {
  readonly id: string;
  /** FOCUS names. */
  readonly serviceName: string;
  readonly serviceCategory: string;
  /** Microsoft's names. */
  readonly category: string;
  readonly subcategory: string;
  readonly name: string;
  readonly family: string;
  readonly consumedService: string;
  readonly resourceType: string;
  readonly resourceTypeName: string;
  readonly unit: string;
  readonly listPrice: string;
  /** VM size, for machines. */
  readonly size?: string;
}

const machine = (id: string, size: string, subcategory: string, name: string, listPrice: string): Meter => ({
  id: `00000000-0000-4000-8000-00000000${id}`,
  serviceName: 'Virtual Machines',
  serviceCategory: 'Compute',
  category: 'Virtual Machines',
  subcategory,
  name,
  family: 'Compute',
  consumedService: 'Microsoft.Compute',
  resourceType: 'microsoft.compute/virtualmachines',
  resourceTypeName: 'Virtual machine',
  unit: '1 Hour',
  listPrice,
  size,
});

const service = (
  id: string,
  names: readonly [serviceName: string, serviceCategory: string, category: string, subcategory: string, name: string],
  resource: readonly [consumedService: string, resourceType: string, resourceTypeName: string],
  unit: string,
  listPrice: string,
): Meter => ({
  id: `00000000-0000-4000-8000-00000000${id}`,
  serviceName: names[0],
  serviceCategory: names[1],
  category: names[2],
  subcategory: names[3],
  name: names[4],
  family: names[1],
  consumedService: resource[0],
  resourceType: resource[1],
  resourceTypeName: resource[2],
  unit,
  listPrice,
});

/** Everything that is sold here; list prices are of the order of Azure's own. */
export const meters = {
  d2s: machine('1001', 'Standard_D2s_v5', 'Dsv5 Series', 'D2s v5', '0.115'),
  b2ms: machine('1002', 'Standard_B2ms', 'BS Series', 'B2ms', '0.096'),
  d4s: machine('1003', 'Standard_D4s_v5', 'Dsv5 Series', 'D4s v5', '0.23'),
  Standard_NC4as_T4_v3: machine('2001', 'Standard_NC4as_T4_v3', 'NCasT4v3 Series', 'NC4as T4 v3', '0.526'),
  Standard_NC6s_v3: machine('2002', 'Standard_NC6s_v3', 'NCSv3 Series', 'NC6s v3', '3.06'),
  Standard_NC24ads_A100_v4: machine(
    '2003',
    'Standard_NC24ads_A100_v4',
    'NCadsA100v4 Series',
    'NC24ads A100 v4',
    '3.673',
  ),
  Standard_NV36ads_A10_v5: machine('2004', 'Standard_NV36ads_A10_v5', 'NVadsA10v5 Series', 'NV36ads A10 v5', '3.2'),
  Standard_ND96asr_v4: machine('2005', 'Standard_ND96asr_v4', 'NDasrA100v4 Series', 'ND96asr A100 v4', '27.197'),
  site: service(
    '3001',
    ['Azure App Service', 'Web', 'Azure App Service', 'Azure App Service Premium v3 Plan', 'P1 v3 App'],
    ['Microsoft.Web', 'microsoft.web/serverfarms', 'App Service plan'],
    '1 Hour',
    '0.169',
  ),
  sql: service(
    '3002',
    [
      'Azure SQL Database',
      'Databases',
      'SQL Database',
      'SQL Database Single/Elastic Pool General Purpose - Serverless',
      'vCore',
    ],
    ['Microsoft.Sql', 'microsoft.sql/servers/databases', 'SQL database'],
    '1 Hour',
    '0.5218',
  ),
  storage: service(
    '3003',
    ['Storage Accounts', 'Storage', 'Storage', 'Tiered Block Blob', 'Hot LRS Data Stored'],
    ['Microsoft.Storage', 'microsoft.storage/storageaccounts', 'Storage account'],
    '1 GB/Month',
    '0.0184',
  ),
  bandwidth: service(
    '3004',
    ['Bandwidth', 'Networking', 'Bandwidth', 'Rtn Preference: MGN', 'Standard Data Transfer Out'],
    ['Microsoft.Compute', 'microsoft.network/publicipaddresses', 'Public IP address'],
    '1 GB',
    '0.087',
  ),
} as const satisfies Readonly<Record<string, Meter>>;
