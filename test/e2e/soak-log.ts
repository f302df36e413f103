import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

const PlayedPoint = z.object({
  /** What was checked out; `+changes` where files differed from it. */
  commit: z.string(),
  point: z.string(),
  outcome: z.enum(['ok', 'different']),
  seconds: z.number(),
  /** How it ended otherwise than the run that was not killed. */
  difference: z.unknown().optional(),
});

/** A crash point that was played: one line of the log. */
export type PlayedPoint = Readonly<z.infer<typeof PlayedPoint>>;

/** A log of JSON lines that several processes may append to. */
export interface SoakLog {
  readonly commit: string;
  /** What was played of this commit, by anyone who wrote to the log; nothing where files differ from the commit. */
  readonly played: readonly PlayedPoint[];
  append(played: Omit<PlayedPoint, 'commit'>): void;
}

/** Opens the log at a path; without one, nothing is remembered. A line that was broken off counts as not written. */
export function openSoakLog(path: string | undefined, root: string): SoakLog {
  const commit = commitOf(root);
  if (path === undefined || path === '') return { commit, played: [], append: () => {} };
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (text !== '' && !text.endsWith('\n')) appendFileSync(path, '\n');
  const played = text.split('\n').flatMap((line) => {
    const entry = PlayedPoint.safeParse(jsonOf(line)).data;
    return entry?.commit === commit && !commit.endsWith(changed) ? [entry] : [];
  });
  return {
    commit,
    played,
    append: (entry) => appendFileSync(path, `${JSON.stringify({ commit, ...entry })}\n`),
  };
}

const changed = '+changes';

/** The commit that is checked out, `unknown+changes` outside of a repository. */
function commitOf(root: string): string {
  const git = (...args: readonly string[]) =>
    execFileSync('git', [...args], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const differs = git('status', '--porcelain', '--untracked-files=no') !== '';
    return `${git('rev-parse', 'HEAD')}${differs ? changed : ''}`;
  } catch {
    return `unknown${changed}`;
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
