import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wallClock } from '../../../local/clock.ts';
import { openCatalogue } from '../../../local/cosmos/catalogue.ts';
import { type DocumentContainer, partitionOf } from '../../../local/cosmos/container.ts';
import { operateOn } from '../../../local/cosmos/documents.ts';
import { answerQuery, type QueryRequest, scanFor } from '../../../local/cosmos/query.ts';
import { scanSql } from '../../../local/cosmos/scan.ts';
import { outerScope } from '../../../local/cosmos/sql/compile.ts';
import { parseQuery } from '../../../local/cosmos/sql/parser.ts';
import { prepare } from '../../../local/cosmos/sql/run.ts';
import { atPath, compare, type Json, type JsonObject } from '../../../local/cosmos/sql/values.ts';
import { openStore, type Store } from '../../../local/store.ts';
import type { ContainerDefinition } from '../../../shared/azure/containers.ts';

const now = new Date('2026-03-01T12:00:00Z');
const definition: ContainerDefinition = {
  name: 'things',
  partitionKey: '/party',
  indexed: ['/kind', '/status', '/due', '/deep/rank'],
  compositeIndexes: [
    [
      { path: '/status', order: 'ascending' },
      { path: '/due', order: 'descending' },
    ],
  ],
  uniqueKeys: [],
  defaultTtl: -1,
};

async function aContainer(documents: readonly JsonObject[]): Promise<{ store: Store; container: DocumentContainer }> {
  const store = openStore(':memory:');
  const [container] = openCatalogue({
    store,
    clock: wallClock,
    database: 'surety',
    containers: [definition],
  }).containers();
  if (container === undefined) throw new Error('the container is missing');
  await store.write(() => {
    for (const body of documents) operateOn(container, partitionOf(container, body), { kind: 'create', body }, now);
  });
  return { store, container };
}

const request = (
  query: string,
  parameters: Record<string, Json> = {},
  more: Partial<QueryRequest> = {},
): QueryRequest => ({
  query,
  parameters: new Map(Object.entries(parameters)),
  maxItems: 1000,
  ...more,
});

function planOf(store: Store, container: DocumentContainer, query: string, more: Partial<QueryRequest> = {}): string {
  const { sql, values } = scanSql(scanFor(container, request(query, {}, more), now));
  const rows = store.db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
  return rows.map((row) => String(row['detail'])).join('; ');
}

describe('a scan', () => {
  const many = Array.from({ length: 2000 }, (_, n) => ({
    id: `${n}`,
    party: `p${n % 50}`,
    kind: 'case',
    status: n % 2 === 0 ? 'open' : 'closed',
    ...(n % 100 === 0 ? { due: `2026-03-${String((n % 28) + 1).padStart(2, '0')}` } : {}),
  }));

  test.each<[string, string, Partial<QueryRequest>, string]>([
    ['an equal value', "c.status = 'open'", {}, 'USING INDEX cosmos_docs_things k1 (k1=?)'],
    ['a range', "c.due <= '2026-03-05'", {}, 'USING INDEX cosmos_docs_things k2 (k2>? AND k2<?)'],
    ['a path below another', 'c.deep.rank > 3', {}, 'USING INDEX cosmos_docs_things k3 (k3>? AND k3<?)'],
    ['what is there', 'IS_DEFINED(c.due)', {}, 'USING INDEX cosmos_docs_things k2'],
    ['a list', "c.status IN ('open', 'late')", {}, 'USING INDEX cosmos_docs_things k1 (k1=?)'],
    ['a start of a text', "STARTSWITH(c.kind, 'ca')", {}, 'USING INDEX cosmos_docs_things k0 (k0>? AND k0<?)'],
    ['an id', "c.id = '7'", {}, 'USING INDEX cosmos_docs_things id (id=?)'],
    ['the partition', 'c.other = 1', { partition: '4p7' }, 'USING INDEX cosmos_docs_things pk (pk=?)'],
    ['the partition as a property', "c.party = 'p7'", {}, 'USING INDEX cosmos_docs_things pk (pk=?)'],
    // Every document is a case, few are due.
    [
      'the rarer of two',
      "c.kind = 'case' AND c.due < '2026-03-09'",
      {},
      'USING INDEX cosmos_docs_things k2 (k2>? AND k2<?)',
    ],
    [
      'the rarer of three',
      "c.kind = 'case' AND IS_DEFINED(c.due)",
      { partition: '4p7' },
      'USING INDEX cosmos_docs_things k2',
    ],
    ['either of two', "(c.status = 'x' OR c.status = 'y')", {}, 'USING INDEX cosmos_docs_things k1 (k1=?)'],
  ])('goes by the index of %s', async (_, condition, more, index) => {
    const { store, container } = await aContainer(many);
    expect(planOf(store, container, `SELECT * FROM c WHERE ${condition}`, more)).toContain(index);
    await store.close();
  });

  test('takes the order from the index, also on the next page', async () => {
    const { store, container } = await aContainer(many);
    const query = "SELECT * FROM c WHERE c.kind = 'case' AND c.due < '2026-04' ORDER BY c.due DESC";
    const { continuation } = answerQuery(container, request(query, {}, { maxItems: 5 }), now);
    if (continuation === undefined) throw new Error('there is no second page');
    for (const more of [{}, { continuation }]) {
      const plan = planOf(store, container, query, more);
      expect(plan).toContain('USING INDEX cosmos_docs_things k2 (k2>? AND k2<?)');
      expect(plan).not.toContain('TEMP B-TREE');
    }
    const composite = planOf(store, container, "SELECT * FROM c WHERE c.status = 'open' ORDER BY c.status, c.due DESC");
    expect(composite).toContain('USING INDEX cosmos_docs_things composite 0 (k1=?)');
    expect(composite).not.toContain('TEMP B-TREE');
    await store.close();
  });
});

const text = fc.oneof(fc.constantFrom('', 'a', 'ab', 'open', 'case'), fc.string({ unit: 'grapheme', maxLength: 3 }));
const scalar: fc.Arbitrary<Json> = fc.oneof(
  text,
  fc.constantFrom<Json>(null, true, false, 0, -0, 1, -1, 0.5, 1e300, -1e-300, 2 ** 53),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const json: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 2 }) },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('rank', 'b'), scalar, { maxKeys: 2 }) },
);
const documentsArbitrary = fc
  .array(
    fc.record(
      {
        party: fc.constantFrom('p1', 'p2'),
        kind: json,
        status: json,
        due: json,
        deep: fc.record({ rank: json }),
        other: json,
      },
      {
        requiredKeys: ['party'],
      },
    ),
    { maxLength: 12 },
  )
  .map((list) => list.map((document, n): JsonObject => JSON.parse(JSON.stringify({ id: `${n}`, ...document }))));

const path = fc.constantFrom(
  'c.kind',
  'c.status',
  'c.due',
  'c.deep.rank',
  'c["deep"]',
  'c.other',
  'c.id',
  'c.party',
  'c._ts',
);
const constantText = json.map((value) => JSON.stringify(value));
const leaf = fc.oneof(
  fc.tuple(path, fc.constantFrom('=', '!=', '<', '<=', '>', '>='), constantText).map((parts) => parts.join(' ')),
  fc.tuple(constantText, fc.constantFrom('=', '<', '>='), path).map((parts) => parts.join(' ')),
  fc.tuple(path, constantText, constantText).map(([of, low, high]) => `${of} BETWEEN ${low} AND ${high}`),
  fc.tuple(path, constantText, constantText).map(([of, one, other]) => `${of} IN (${one}, ${other})`),
  fc
    .tuple(path, fc.array(json, { maxLength: 3 }))
    .map(([of, list]) => `ARRAY_CONTAINS(${JSON.stringify(list)}, ${of})`),
  fc
    .tuple(fc.constantFrom('IS_DEFINED', 'NOT IS_DEFINED', 'IS_NULL', 'NOT IS_NULL'), path)
    .map(([test, of]) => `${test}(${of})`),
  fc.tuple(path, text).map(([of, prefix]) => `STARTSWITH(${of}, ${JSON.stringify(prefix)})`),
  path,
);
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc
      .tuple(tie('condition'), fc.constantFrom('AND', 'OR'), tie('condition'))
      .map(([a, word, b]) => `(${a} ${word} ${b})`),
    tie('condition').map((of) => `NOT (${of})`),
  ),
}));
const order = fc.constantFrom(
  '',
  'c.kind',
  'c.due',
  'c.due DESC',
  'c.deep.rank',
  'c.id DESC',
  'c.party',
  'c.status ASC, c.due DESC',
  'c.status DESC, c.due ASC',
);

/** What a query without any index would give. */
function withoutIndexes(
  documents: readonly JsonObject[],
  query: string,
  partition: string | undefined,
): readonly Json[] {
  const parsed = parseQuery(query);
  const prepared = prepare(parsed, outerScope(new Map(), now));
  const kept = documents.filter((document) => partition === undefined || document['party'] === partition);
  const found = kept.filter((document) => prepared.rows({ ...document, _ts: now.getTime() / 1000 }).length > 0);
  const keys = parsed.orderBy.map(({ of, descending }) => ({ path: pathText(of), descending }));
  const sorted = found.toSorted((left, right) => {
    for (const { path, descending } of keys) {
      const difference = compare(atPath(left, path), atPath(right, path));
      if (difference !== 0) return descending ? -difference : difference;
    }
    return 0;
  });
  return sorted;
}

const pathText = (of: ReturnType<typeof parseQuery>['orderBy'][number]['of']): string =>
  of.kind === 'member' && of.key.kind === 'literal' ? `${pathText(of.of)}/${String(of.key.value)}` : '';

test('indexes and pages change nothing in what a query finds, nor in its order', async () => {
  await fc.assert(
    fc.asyncProperty(
      documentsArbitrary,
      condition,
      order,
      fc.constantFrom(undefined, 'p1'),
      fc.integer({ min: 1, max: 5 }),
      async (documents, where, by, partition, maxItems) => {
        const { store, container } = await aContainer(documents);
        const query = `SELECT VALUE c.id FROM c WHERE ${where}${by === '' ? '' : ` ORDER BY ${by}`}`;
        const ids: Json[] = [];
        let continuation: string | undefined;
        do {
          const more = {
            maxItems,
            ...(partition === undefined ? {} : { partition: `4${partition}` }),
            ...(continuation === undefined ? {} : { continuation }),
          };
          const page = answerQuery(container, request(query, {}, more), now);
          ids.push(...page.items.map((item): Json => JSON.parse(item)));
          continuation = page.continuation;
        } while (continuation !== undefined);
        const expected = withoutIndexes(documents, query, partition);
        expect(ids.toSorted()).toEqual(expected.map((document) => atPath(document, '/id')).toSorted());
        // Equal keys may come in any order.
        if (by !== '')
          expect(keysOf(documents, ids, by)).toEqual(
            keysOf(
              documents,
              expected.map((document) => atPath(document, '/id') ?? null),
              by,
            ),
          );
        await store.close();
      },
    ),
    { numRuns: 400 },
  );
});

function keysOf(documents: readonly JsonObject[], ids: readonly Json[], by: string): unknown[] {
  const paths = by.split(', ').map((part) => part.replace('c', '').split(' ')[0]?.replaceAll('.', '/') ?? '');
  return ids.map((id) =>
    paths.map(
      (path) =>
        atPath(
          documents.find((document) => document['id'] === id),
          path,
        ) ?? 'none',
    ),
  );
}
