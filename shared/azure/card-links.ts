import type { Container } from '@azure/cosmos';
import { causeHash } from '../core/ids.ts';

/** More than this many others are no more telling. */
const mostOthers = 50;

/**
 * Who presented the same card: one partition of the container `links` a blind index, one document a subject, created once and
 * kept when the subject is closed.
 */
export function createCardLinks(links: Container) {
  return {
    /** Notes that `subject` (a party) presented the card, and answers who else did. `at`: ISO 8601, UTC. */
    async note(card: string, subject: string, at: string): Promise<readonly string[]> {
      const link = `card:${card}`;
      const document = { id: `link-${causeHash(subject)}`, v: 1, kind: 'link', link, subject, at };
      try {
        await links.items.create(document);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 409)) throw error;
      }
      const query = {
        query: `SELECT DISTINCT VALUE c.subject FROM c WHERE c.subject != @subject OFFSET 0 LIMIT ${mostOthers}`,
        parameters: [{ name: '@subject', value: subject }],
      };
      const { resources } = await links.items.query<string>(query, { partitionKey: link }).fetchAll();
      return resources;
    },
  };
}
