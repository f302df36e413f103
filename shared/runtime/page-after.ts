import { statusOf } from './classify-failure.ts';
import { Problem } from './on-http.ts';

/**
 * The page of a list that `continuation` of the query asks for, the first one without.
 * @throws Problem 400 for one that the store never gave: it says so itself, and what cannot stand in a header is none.
 */
export async function pageAfter<T>(
  query: { get(name: string): string | null },
  read: (continuation: string | undefined) => Promise<T>,
): Promise<T> {
  const continuation = query.get('continuation') ?? undefined;
  const foreign = () => new Problem(400, 'continuation is what the page before said, and nothing else.');
  if (continuation !== undefined && !/^[\x20-\x7e]+$/.test(continuation)) throw foreign();
  try {
    return await read(continuation);
  } catch (error) {
    if (continuation !== undefined && statusOf(error) === 400) throw foreign();
    throw error;
  }
}
