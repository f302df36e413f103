import type { Container } from '@azure/cosmos';
import type { PostureShelf } from '../customers/sweep-posture.ts';

/** Postures by what is wrong with seeing them; by indexes. */
export function createPostureShelf(postures: Container): PostureShelf {
  const count = async (condition: string, before: string): Promise<number> => {
    const query = {
      query: `SELECT VALUE COUNT(1) FROM c WHERE c.kind = 'posture' AND ${condition}`,
      parameters: [{ name: '@before', value: before }],
    };
    const { resources } = await postures.items.query<number>(query).fetchAll();
    return resources.reduce((sum, part) => sum + part, 0);
  };
  return {
    all: () => count('c.id != @before', ''),
    blind: () => count('c.blindSince > @before', ''),
    notLookedAtSince: (instant) =>
      count('c.firstAskedAt < @before AND (NOT IS_DEFINED(c.lookedAt) OR c.lookedAt < @before)', instant),
  };
}
