import { readFile } from 'node:fs/promises';
import { KnownLater } from '../core/failures.ts';
import { type BinRanges, parseBinRanges } from './bin-ranges.ts';

const loaded = new Map<string, Promise<BinRanges>>();

/**
 * The ranges of the policy's file, read once a process; none for an empty path.
 * @throws KnownLater naming file and line: what waits for the file is tried again, and nothing is judged without it.
 */
export function loadBinRanges(path: string): Promise<BinRanges> {
  if (path === '') return Promise.resolve([]);
  const known = loaded.get(path);
  if (known !== undefined) return known;
  const ranges = readFile(path, 'utf8')
    .then((text) => parseBinRanges(text, path))
    .catch((cause: unknown) => {
      // Not remembered: the file may be put right while this process lives.
      loaded.delete(path);
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new KnownLater(`the BIN ranges cannot be used: ${why}`, { cause });
    });
  loaded.set(path, ranges);
  return ranges;
}
