import { expect, test } from 'vitest';
import { type Node, nameOf, nodesIn, placeOf, type SourceFile, sourceFile, sourceFiles } from './source-file.ts';

/** Queries that ask every partition, and why each may. Each costs at least one request unit a physical partition. */
const crossPartition: Readonly<Record<string, string>> = {
  'shared/azure/audit-queries.ts': 'which chains grew in two hours, of any party; once an hour, by an index',
  'shared/azure/case-queries.ts': 'the list of open cases is of all parties; a page at a time, by an index',
  'shared/azure/cost-queries.ts': 'which subscriptions an earlier run of the feed named; once a run, by feed and month',
  'shared/azure/customer-subscriptions.ts':
    'a subscription is a partition of its own; a plan and a customer page ask for those of one party, by an index',
  'shared/azure/customer-queries.ts': 'the daily sweep walks all customers in order, fifteen at a time',
  'shared/azure/left-customers.ts': 'whom the customer list does not name any more; once an hour, by an index',
  'shared/azure/feed-queries.ts':
    'which feeds are silent, of any party; once an hour, the first hundred of each source',
  'shared/azure/open-case-parties.ts': 'whose logs are read more often; a step of the sweep, by an index',
  'shared/azure/posture-queries.ts': 'how many tenants are not seen, of all; three counts a day, by indexes',
  'shared/azure/sign-up-queries.ts':
    'the list of applications of a status is of all of them; a page at a time, by an index',
  'shared/azure/subscription-queries.ts': 'the sweep walks all subscriptions in order of id, a hundred at a time',
  'shared/cli/audit-chains.ts': 'names every chain there is, so that a person can have all of them verified',
  'shared/cli/cases-list.ts': 'a person asked for the list of all cases; page by page',
  'shared/runtime/health.ts': 'counts what was parked; normally none',
  'shared/runtime/sweep-due.ts': 'what is due, of any party: one indexed field, once a minute',
  'shared/runtime/sweep-outbox.ts': 'what a crash left unsent, of any party: one indexed field, once a minute',
};

/** Calls of `items.query` and `items.readAll` that name no partition key in place. */
function openQueries(file: SourceFile): readonly Node[] {
  return file.nodes.filter((node) => {
    if (node.type !== 'CallExpression') return false;
    const name = nameOf(node['callee']);
    if (name === undefined || !/(^|\.)items\.(query|readAll|readChangeFeed)$/.test(name)) return false;
    return !nodesIn(node['arguments']).some(namesPartition);
  });
}

function namesPartition(options: Node): boolean {
  if (options.type !== 'ObjectExpression') return false;
  return nodesIn(options['properties']).some((property) => nameOf(property['key']) === 'partitionKey');
}

const files = sourceFiles('functions', 'shared');

test('a query without partition key stands on the list, with its reason', () => {
  const found = files.filter((file) => crossPartition[file.path] === undefined);
  expect(found.flatMap((file) => openQueries(file).map((node) => placeOf(file, node)))).toEqual([]);
});

test('every entry of the list is still needed, for one query', () => {
  const counts = Object.keys(crossPartition).map((path) => {
    const file = files.find((one) => one.path === path);
    return [path, file === undefined ? 0 : openQueries(file).length];
  });
  expect(counts).toEqual(Object.keys(crossPartition).map((path) => [path, 1]));
});

test.for([
  ["container.items.query('SELECT * FROM c').fetchAll();", 1],
  ["app.containers('cases').items.query<Case>(query, { maxItemCount: 10 }).fetchNext();", 1],
  ['container.items.query(query, { partitionKey: party }).fetchAll();', 0],
  ['container.items.query<Case>(query, { maxItemCount: 1, partitionKey }).fetchAll();', 0],
  ['const { items } = container; items.query(query);', 1],
  ['container.items.readAll();', 1],
  ['database.query(sql);', 0],
] as const)('%s holds %i query without partition key', ([text, count]) => {
  expect(openQueries(sourceFile('shared/azure/cosmos.ts', text))).toHaveLength(count);
});
