import type { DocumentContainer } from './container.ts';
import { Refusal } from './refusal.ts';
import { pathUnder, type Query } from './sql/syntax.ts';
import { columnOf } from './tables.ts';

/** The order in which SQLite gives documents: by columns, then by sequence in the direction of `forward`. */
export interface Ordering {
  readonly columns: readonly { readonly column: string; readonly descending: boolean }[];
  readonly forward: boolean;
  /** The index that holds this order; undefined for the order of arrival. */
  readonly index?: string;
}

export const arrivalOrder: Ordering = { columns: [], forward: true };

/**
 * The order that ORDER BY asks for. Throws `Refusal` 400 where Cosmos DB has no index for it: one path must be indexed,
 * several need a composite index with the same paths in the same or exactly the opposite directions.
 * Source: https://learn.microsoft.com/azure/cosmos-db/index-policy#composite-indexes
 */
export function orderingOf(container: DocumentContainer, query: Query): Ordering {
  const { orderBy } = query;
  const [first] = orderBy;
  if (first === undefined) return arrivalOrder;
  if (query.groupBy.length > 0) throw new Refusal(400, 'ORDER BY is not supported together with GROUP BY.');
  const items = orderBy.map(({ of, descending }) => ({ path: pathOf(query, of), descending }));
  const columns = items.map(({ path, descending }) => ({ column: columnOf(container, path), descending }));
  const known = columns.flatMap(({ column, descending }) => (column === undefined ? [] : [{ column, descending }]));
  if (orderBy.length === 1) {
    if (known[0] === undefined || !isIndexed(container, items[0]?.path ?? '')) {
      throw new Refusal(400, 'The index path corresponding to the specified order-by item is excluded.');
    }
    return { columns: known, forward: !first.descending, index: known[0].column };
  }
  for (const [at, composite] of container.definition.compositeIndexes.entries()) {
    if (composite.length !== items.length) continue;
    const turns = composite.map(({ path, order }, place) =>
      path === items[place]?.path ? (order === 'descending') !== items[place].descending : undefined,
    );
    if (turns.every((turn) => turn === false)) return { columns: known, forward: true, index: `composite ${at}` };
    if (turns.every((turn) => turn === true)) return { columns: known, forward: false, index: `composite ${at}` };
  }
  throw new Refusal(
    400,
    'The order by query does not have a corresponding composite index that it can be served from.',
  );
}

function pathOf(query: Query, of: Query['orderBy'][number]['of']): string {
  const { from } = query;
  const plain = from !== undefined && !from.each && from.of.kind === 'name';
  const path = plain ? pathUnder(from.alias, of) : undefined;
  if (path === undefined || path === '') {
    throw new Refusal(
      400,
      'Unsupported ORDER BY clause. ORDER BY item expression could not be mapped to a document path.',
    );
  }
  return path;
}

/** Whether a path alone is in the index; a composite index alone does not serve it. */
const isIndexed = ({ definition }: DocumentContainer, path: string): boolean =>
  ['/id', '/_ts', definition.partitionKey, ...definition.indexed].includes(path);
