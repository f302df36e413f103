import type { Database } from './catalogue.ts';
import { type DocumentContainer, databaseRid } from './container.ts';

/** The database account, as the SDK asks for it when it starts. */
export function accountResource(url: string) {
  const locations = [{ name: 'Local', databaseAccountEndpoint: url }];
  return {
    id: 'local',
    _rid: 'local',
    _self: '',
    media: '//media/',
    addresses: '//addresses/',
    _dbs: '//dbs/',
    writableLocations: locations,
    readableLocations: locations,
    enableMultipleWriteLocations: false,
    userReplicationPolicy: { asyncReplication: false, minReplicaSetSize: 1, maxReplicasetSize: 4 },
    userConsistencyPolicy: { defaultConsistencyLevel: 'Session' },
    systemReplicationPolicy: { minReplicaSetSize: 1, maxReplicasetSize: 4 },
    readPolicy: { primaryReadCoefficient: 1, secondaryReadCoefficient: 1 },
    queryEngineConfiguration: '{}',
  };
}

/** A database, as it is read. */
export const databaseResource = ({ name, number, since }: Database) => ({
  id: name,
  _rid: databaseRid(number),
  _self: `dbs/${databaseRid(number)}/`,
  _etag: etagOf(number),
  _colls: 'colls/',
  _users: 'users/',
  _ts: since,
});

const etagOf = (number: number): string => `"00000000-0000-0000-0000-${String(number).padStart(12, '0')}"`;

/** A container with its policies in the form of the REST API: what is not listed as indexed is excluded. */
export function containerResource({ definition, rid, self, since }: DocumentContainer) {
  const included = definition.indexed.map((path) => ({ path: `${path}/?` }));
  return {
    id: definition.name,
    partitionKey: { paths: [definition.partitionKey], kind: 'Hash', version: 2 },
    indexingPolicy: {
      indexingMode: 'consistent',
      automatic: true,
      includedPaths: [{ path: `${definition.partitionKey}/?` }, ...included],
      excludedPaths: [{ path: '/*' }, { path: '/"_etag"/?' }],
      ...(definition.compositeIndexes.length === 0 ? {} : { compositeIndexes: definition.compositeIndexes }),
    },
    uniqueKeyPolicy: { uniqueKeys: definition.uniqueKeys.map((paths) => ({ paths })) },
    conflictResolutionPolicy: {
      mode: 'LastWriterWins',
      conflictResolutionPath: '/_ts',
      conflictResolutionProcedure: '',
    },
    ...(definition.defaultTtl === undefined ? {} : { defaultTtl: definition.defaultTtl }),
    geospatialConfig: { type: 'Geography' },
    _rid: rid,
    _self: self,
    _etag: '"00000000-0000-0000-0000-000000000002"',
    _ts: since,
    _docs: 'docs/',
    _sprocs: 'sprocs/',
    _triggers: 'triggers/',
    _udfs: 'udfs/',
    _conflicts: 'conflicts/',
  };
}

/** One physical partition holds everything. */
export const partitionKeyRanges = ({ rid, self }: DocumentContainer) => ({
  _rid: rid,
  PartitionKeyRanges: [
    {
      _rid: rid,
      id: '0',
      _etag: '"00000000-0000-0000-0000-000000000003"',
      minInclusive: '',
      maxExclusive: 'FF',
      ridPrefix: 0,
      _self: `${self}pkranges/0/`,
      throughputFraction: 1,
      status: 'online',
      parents: [],
      _ts: 0,
      _lsn: 1,
    },
  ],
  _count: 1,
});

/** A query plan that leaves everything to the one partition: there is nothing for the SDK to merge. */
export const queryPlan = () => ({
  partitionedQueryExecutionInfoVersion: 2,
  queryInfo: {
    distinctType: 'None',
    top: null,
    offset: null,
    limit: null,
    orderBy: [],
    orderByExpressions: [],
    groupByExpressions: [],
    groupByAliases: [],
    aggregates: [],
    groupByAliasToAggregateType: {},
    rewrittenQuery: '',
    hasSelectValue: false,
    hasNonStreamingOrderBy: false,
    dCountInfo: null,
  },
  queryRanges: [{ min: '', max: 'FF', isMinInclusive: true, isMaxInclusive: false }],
});
