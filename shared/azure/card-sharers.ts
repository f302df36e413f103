import type { Container } from '@azure/cosmos';
import type { Link } from '../onboarding/identity/link.ts';

/** More links than this are no more telling. */
const mostLinks = 50;

/** Reads who presented a card: the links in the partition of its blind index, those of closed accounts included. */
export function createCardSharers(links: Container) {
  const query = `SELECT TOP ${mostLinks} c.subject, c.kind FROM c WHERE c.kind IN ('applicant-link', 'customer-link', 'closed-link')`;
  return {
    /** Everybody under any of the card's indexes (one for each live key), once. */
    async of(indexes: readonly string[]): Promise<readonly { readonly subject: string; readonly closed: boolean }[]> {
      const found = new Map<string, boolean>();
      for (const partitionKey of indexes) {
        const { resources } = await links.items
          .query<Pick<Link, 'subject' | 'kind'>>(query, { partitionKey })
          .fetchAll();
        for (const { subject, kind } of resources) {
          found.set(subject, found.get(subject) === true || kind === 'closed-link');
        }
      }
      return [...found].map(([subject, closed]) => ({ subject, closed }));
    },
  };
}
