import { z } from 'zod';
import type { ContainerDefinition } from '../../shared/azure/containers.ts';
import { Refusal } from './refusal.ts';
import type { Json } from './sql/values.ts';

const Path = z.string();
const CompositePath = z.object({ path: Path, order: z.enum(['ascending', 'descending']).default('ascending') });
const IndexingPolicy = z.object({
  indexingMode: z.string().optional(),
  automatic: z.boolean().optional(),
  includedPaths: z.array(z.object({ path: Path })).default([]),
  excludedPaths: z.array(z.object({ path: Path })).default([]),
  compositeIndexes: z.array(z.array(CompositePath)).default([]),
  spatialIndexes: z.array(z.unknown()).default([]),
  vectorIndexes: z.array(z.unknown()).default([]),
  fullTextIndexes: z.array(z.unknown()).default([]),
});
const Body = z.looseObject({
  id: z.unknown(),
  partitionKey: z.object({
    paths: z.array(Path).min(1),
    kind: z.string().default('Hash'),
    version: z.number().default(2),
  }),
  indexingPolicy: IndexingPolicy.optional(),
  uniqueKeyPolicy: z.object({ uniqueKeys: z.array(z.object({ paths: z.array(Path).min(1) })).default([]) }).optional(),
  defaultTtl: z
    .int()
    .max(2 ** 31 - 1)
    .refine((ttl) => ttl === -1 || ttl > 0, 'must be -1 or a positive number of seconds')
    .optional(),
  conflictResolutionPolicy: z.object({ mode: z.string(), conflictResolutionPath: z.string().optional() }).optional(),
  geospatialConfig: z.object({ type: z.string() }).optional(),
});
type Body = z.infer<typeof Body>;

const maxUniqueKeys = 10;
const maxUniquePaths = 16;
const maxNameLength = 255;

const bad = (message: string): Refusal => new Refusal(400, message);
const notServed = (what: string): Refusal =>
  new Refusal(501, `The local endpoint does not serve a container with ${what}.`);

/** The id of a database or container in its body. Throws `Refusal` 400 for one that Azure does not take. */
export function resourceName(body: Json): string {
  const name = z.object({ id: z.string() }).safeParse(body).data?.id;
  if (name === undefined || name === '') {
    throw bad("The input content is invalid because the required properties - 'id; ' - are missing.");
  }
  if (/[/\\?#]/.test(name) || name.endsWith(' ') || name.length > maxNameLength) {
    throw bad(
      `The input name '${name}' is invalid: it must have at most ${maxNameLength} characters, none of '/', '\\', '?' and '#', and no space at its end.`,
    );
  }
  return name;
}

/**
 * Reads the body with which a container is created. Throws `Refusal` 400 for a definition that Azure refuses, and 501, with
 * its name, for what is not built: an index over every path (Azure's default), hierarchical keys, other kinds of index.
 * Source: https://learn.microsoft.com/rest/api/cosmos-db/create-a-collection, https://learn.microsoft.com/azure/cosmos-db/index-policy
 */
export function readContainerBody(json: Json): ContainerDefinition {
  const name = resourceName(json);
  const parsed = Body.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw bad(`One of the specified inputs is invalid: ${problems.join('; ')}`);
  }
  const body = parsed.data;
  refuseUnknown(body);
  const partitionKey = partitionKeyOf(body);
  return {
    name,
    partitionKey,
    ...indexesOf(body.indexingPolicy, partitionKey),
    uniqueKeys: uniqueKeysOf(body),
    ...(body.defaultTtl === undefined ? {} : { defaultTtl: body.defaultTtl }),
  };
}

/** What the service sets itself is passed over: a body may be one that was read. */
function refuseUnknown(body: Body): void {
  const unknown = Object.keys(body).find((member) => !(member in Body.shape) && !member.startsWith('_'));
  if (unknown !== undefined) throw notServed(`'${unknown}'`);
  const { conflictResolutionPolicy: conflicts, geospatialConfig } = body;
  if (conflicts !== undefined && conflicts.mode !== 'LastWriterWins') {
    throw notServed(`conflict resolution '${conflicts.mode}'`);
  }
  if ((conflicts?.conflictResolutionPath ?? '/_ts') !== '/_ts') {
    throw notServed(`conflict resolution by ${conflicts?.conflictResolutionPath}`);
  }
  if (geospatialConfig !== undefined && geospatialConfig.type !== 'Geography') throw notServed('geometries');
}

function partitionKeyOf({ partitionKey: { paths, kind, version } }: Body): string {
  const [path, ...more] = paths;
  if (kind === 'MultiHash') throw notServed('a hierarchical partition key');
  if (path === undefined || more.length > 0 || kind !== 'Hash' || version < 1 || version > 2) {
    throw bad('The partition key definition is invalid: it must have one path, kind Hash and version 1 or 2.');
  }
  return plainPath(path, 'partition key path');
}

function indexesOf(
  policy: z.infer<typeof IndexingPolicy> | undefined,
  partitionKey: string,
): Pick<ContainerDefinition, 'indexed' | 'compositeIndexes'> {
  const mode = (policy?.indexingMode ?? 'consistent').toLowerCase();
  if (!['consistent', 'lazy', 'none'].includes(mode)) throw bad(`The indexing mode '${mode}' is invalid.`);
  if (mode !== 'consistent' || policy?.automatic === false) throw notServed(`indexing mode '${mode}'`);
  for (const kind of ['spatialIndexes', 'vectorIndexes', 'fullTextIndexes'] as const) {
    if ((policy?.[kind] ?? []).length > 0) throw notServed(kind);
  }
  const included = (policy?.includedPaths ?? []).map(({ path }) => path);
  const excluded = (policy?.excludedPaths ?? []).map(({ path }) => path);
  if (included.includes('/*') && excluded.includes('/*')) {
    throw bad("The special mandatory indexing path '/*' can be included or excluded, not both.");
  }
  // Where nothing is excluded, Azure includes every path.
  if (!excluded.includes('/*')) throw notServed("an index over every path: exclude '/*', include what is queried");
  const other = excluded.find((path) => path !== '/*' && path !== '/"_etag"/?');
  if (other !== undefined) throw notServed(`the excluded path ${other}`);
  const paths = new Set(included.map(indexedPath));
  // Azure leaves a partition key out of the index where it is not named; the tables here always have it.
  if (!paths.has(partitionKey) && partitionKey !== '/id') throw notServed('a partition key that is not indexed');
  for (const always of [partitionKey, '/id', '/_ts']) paths.delete(always);
  return { indexed: [...paths], compositeIndexes: (policy?.compositeIndexes ?? []).map(compositeIndex) };
}

function indexedPath(path: string): string {
  if (!path.startsWith('/') || !/\/[?*]$/.test(path)) {
    throw bad(`The indexing path '${path}' could not be accepted: it must begin with '/' and end with '/?' or '/*'.`);
  }
  if (path.endsWith('/*')) throw notServed(`an index over all that is under ${path}`);
  return plainPath(path.slice(0, -2), 'indexing path');
}

function compositeIndex(paths: readonly z.infer<typeof CompositePath>[]) {
  if (paths.length < 2) throw bad('A composite index must have at least two paths.');
  return paths.map(({ path, order }) => ({ path: plainPath(path, 'path of a composite index'), order }));
}

function uniqueKeysOf({ uniqueKeyPolicy }: Body): readonly (readonly string[])[] {
  const keys = (uniqueKeyPolicy?.uniqueKeys ?? []).map(({ paths }) => paths);
  if (keys.length > maxUniqueKeys || keys.some((paths) => paths.length > maxUniquePaths)) {
    throw bad(`A container may have at most ${maxUniqueKeys} unique keys of at most ${maxUniquePaths} paths.`);
  }
  return keys.map((paths) => paths.map((path) => plainPath(path, 'path of a unique key')));
}

/** `/address/city`. Quoted names and the elements of arrays are not built. */
function plainPath(path: string, what: string): string {
  if (!/^(\/[^/]+)+$/.test(path)) throw bad(`The ${what} '${path}' is invalid: it must be like '/address/city'.`);
  if (/\/(".*"|\[\])(\/|$)/.test(path)) throw notServed(`the ${what} ${path}`);
  if (/[?*]/.test(path)) throw bad(`The ${what} '${path}' is invalid: it must be like '/address/city'.`);
  return path;
}
