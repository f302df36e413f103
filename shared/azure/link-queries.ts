import type { Container } from '@azure/cosmos';
import type { Link, OwnIndex } from '../onboarding/identity/link.ts';
import type { LinkShelf } from '../onboarding/identity/link-identity.ts';

type Found = Pick<Link, 'subject' | 'at' | 'kind'>;

/** Reads links within the partition of one blind index, each query with a limit: a hot partition costs no more than a quiet one. */
export function createLinkShelf(links: Container): LinkShelf {
  const ask = async <T>(partitionKey: string, query: string, values: Readonly<Record<string, string>>) => {
    const parameters = Object.entries(values).map(([name, value]) => ({ name: `@${name}`, value }));
    const { resources } = await links.items.query<T>({ query, parameters }, { partitionKey }).fetchAll();
    return resources;
  };
  return {
    earlier: (index, from, until, limit) =>
      ask<Found>(
        index,
        `SELECT TOP ${Math.trunc(limit)} c.subject, c.at, c.kind FROM c WHERE c.kind = 'applicant-link' AND c.at >= @from AND c.at <= @until ORDER BY c.at DESC`,
        { from, until },
      ),
    later: (index, from, until, limit) =>
      ask<Found>(
        index,
        `SELECT TOP ${Math.trunc(limit)} c.subject, c.at, c.kind FROM c WHERE c.kind = 'applicant-link' AND c.at >= @from AND c.at <= @until ORDER BY c.at ASC`,
        { from, until },
      ),
    accounts: (index, until, limit) =>
      ask<Found>(
        index,
        `SELECT TOP ${Math.trunc(limit)} c.subject, c.at, c.kind FROM c WHERE c.kind IN ('customer-link', 'closed-link') AND c.at <= @until`,
        { until },
      ),
    own: (subject, limit) =>
      ask<OwnIndex>(subject, `SELECT TOP ${Math.trunc(limit)} * FROM c WHERE c.kind = 'own-index'`, {}),
  };
}
