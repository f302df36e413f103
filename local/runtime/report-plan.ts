type Row = Readonly<Record<string, unknown>>;

/**
 * A plan as the report shows it, put together from the container's documents: the root, the pages of its lists that carry the
 * hash which the root names, and how far each target is with what the plan wants now.
 */
export function wholePlan(root: Row, documents: readonly Row[]): Record<string, unknown> {
  const own = documents.filter((row) => row['planId'] === root['id']);
  const rowsOf = (kind: string, hash: unknown): readonly unknown[] =>
    own
      .filter((row) => row['kind'] === kind && String(row['id']).includes(`:${kind}:${String(hash).slice(0, 16)}:`))
      .toSorted((a, b) => Number(a['page']) - Number(b['page']))
      .flatMap((page) => (Array.isArray(page['rows']) ? page['rows'] : []));
  const want = root['restore'] === undefined ? 'suspended' : 'active';
  const told = own.filter((row) => row['kind'] === 'target-progress' && row['want'] === want && row['told']);
  const { pageSize: _s, leftOutHash: _h, ...shown } = root;
  return {
    ...shown,
    targets: rowsOf('plan-targets', root['targetHash']),
    leftOut: rowsOf('plan-left-out', root['leftOutHash']),
    results: Object.fromEntries(told.map((row) => [String(row['subscriptionId']), row['told']])),
  };
}
