import { createHash } from 'node:crypto';
import { LineCounter, parseDocument } from 'yaml';
import { type LoadedPolicy, Policy } from './policy.ts';

/** A policy that cannot be used. The message names file, line and key of every problem. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

/**
 * Reads a policy (YAML or JSON). `path` is for messages only.
 * @throws PolicyError naming every problem as `file:line: key: what is wrong`; nothing is half-used.
 */
export function readPolicy(text: string, path: string): LoadedPolicy {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw new PolicyError(
      document.errors.map((error) => `${path}:${error.linePos?.[0].line ?? 1}: ${firstLine(error.message)}`).join('\n'),
    );
  }
  const parsed = Policy.safeParse(document.toJS());
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => problem([...issue.path, key], 'unknown key'))
        : [problem(issue.path, issue.message)],
    );
    throw new PolicyError(problems.join('\n'));
  }
  return { ...parsed.data, hash: `sha256:${createHash('sha256').update(text).digest('hex').slice(0, 16)}` };

  function problem(at: readonly PropertyKey[], message: string): string {
    return `${path}:${lineOf(at)}: ${at.map(String).join('.') || '(whole file)'}: ${message}`;
  }

  /** The line of the deepest node on the way to `at`. */
  function lineOf(at: readonly PropertyKey[]): number {
    for (let depth = at.length; depth > 0; depth -= 1) {
      const node = document.getIn(at.slice(0, depth), true);
      if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
        return lines.linePos(Number(node.range[0])).line;
      }
    }
    return 1;
  }
}

const firstLine = (text: string): string => text.split('\n')[0] ?? text;
