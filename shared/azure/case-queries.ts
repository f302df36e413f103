import type { Container } from '@azure/cosmos';
import type { Case } from '../cases/case.ts';
import type { CaseFinder } from '../cases/take-in-signal.ts';

/** Finds cases within a party's partition. */
export function createCaseFinder(cases: Container): CaseFinder {
  return {
    async newest(party, subject) {
      const query = {
        query: "SELECT c.n, c.status FROM c WHERE c.kind = 'case' AND c.subject = @subject",
        parameters: [{ name: '@subject', value: subject }],
      };
      const { resources } = await cases.items
        .query<Pick<Case, 'n' | 'status'>>(query, { partitionKey: party })
        .fetchAll();
      return resources.reduce<Pick<Case, 'n' | 'status'> | undefined>(
        (best, one) => (best === undefined || one.n > best.n ? one : best),
        undefined,
      );
    },
  };
}

/** One page of cases of every party, newest first. Cross-partition: for people's lists. */
export async function listCases(
  cases: Container,
  status: Case['status'],
  limit: number,
  continuation: string | undefined,
): Promise<{ readonly cases: readonly Case[]; readonly next: string | undefined }> {
  const query = {
    query: "SELECT * FROM c WHERE c.kind = 'case' AND c.status = @status ORDER BY c.openedAt DESC",
    parameters: [{ name: '@status', value: status }],
  };
  const options = { maxItemCount: limit, ...(continuation === undefined ? {} : { continuationToken: continuation }) };
  const page = await cases.items.query<Case>(query, options).fetchNext();
  return { cases: page.resources ?? [], next: page.continuationToken };
}

/** Signals of a case, oldest first. */
export async function signalsOf(
  cases: Container,
  party: string,
  caseId: string,
  limit: number,
): Promise<readonly Record<string, unknown>[]> {
  const query = {
    query: "SELECT * FROM c WHERE c.kind = 'signal' AND c.caseId = @caseId",
    parameters: [{ name: '@caseId', value: caseId }],
  };
  const { resources } = await cases.items
    .query<Record<string, unknown>>(query, { partitionKey: party, maxItemCount: limit })
    .fetchNext();
  return (resources ?? []).toSorted((a, b) => (String(a['occurredAt']) < String(b['occurredAt']) ? -1 : 1));
}
