import type { Container } from '@azure/cosmos';

/**
 * The customers with an open case, each once. A case about a feed does not count: that a log cannot be read is no reason to
 * read it more often. Cross-partition, by the index of open cases.
 */
export async function openCaseParties(cases: Container): Promise<readonly string[]> {
  const query = "SELECT c.party FROM c WHERE c.kind = 'case' AND c.status = 'open' AND c.subject != 'feed'";
  const parties = new Set<string>();
  for await (const { resources } of cases.items.query<{ readonly party: string }>(query).getAsyncIterator()) {
    for (const { party } of resources ?? []) parties.add(party);
  }
  return [...parties].sort();
}
