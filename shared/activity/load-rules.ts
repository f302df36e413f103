import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readRules } from './sigma/read-rules.ts';
import type { RuleRefusal, RulesRead, SigmaRule } from './sigma/rule.ts';

/** Files beside the packaged rules that hold their examples. */
export const examplesSuffix = '.examples.yml';

/**
 * Loads every rule (`*.yml`, `*.yaml`) under a folder, in the order of their paths. A rule that cannot be used is refused
 * and the others are kept; a second rule with the same id is refused, for a signal's id comes from its rule's.
 * Throws when the folder cannot be read.
 */
export async function loadRules(folder: string): Promise<RulesRead> {
  const rules = new Map<string, SigmaRule>();
  const refused: RuleRefusal[] = [];
  for (const path of await ruleFiles(folder)) {
    const file = relative(folder, path);
    const read = await readRuleFile(path, file);
    refused.push(...read.refused);
    for (const rule of read.rules) {
      const first = rules.get(rule.id);
      if (first === undefined) rules.set(rule.id, rule);
      else refused.push({ file, line: 1, field: 'id', reason: `the id is also that of ${first.file}`, id: rule.id });
    }
  }
  return { rules: [...rules.values()], refused };
}

/** Paths of the rule files under a folder, sorted, so that every machine loads them alike. */
export async function ruleFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.ya?ml$/i.test(entry.name) && !entry.name.endsWith(examplesSuffix))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The folder of the rules that come with the product. */
export function packagedRulesFolder(): string {
  // The compiled code stands in dist/ and the rules do not: they are found from the package's root, by walking up.
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, 'shared', 'activity', 'rules');
    if (existsSync(candidate)) return candidate;
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error('the packaged rules (shared/activity/rules) are missing from the deployment');
    folder = parent;
  }
}

async function readRuleFile(path: string, file: string): Promise<RulesRead> {
  const bytes = await readFile(path);
  try {
    return readRules(new TextDecoder('utf-8', { fatal: true }).decode(bytes), file);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return {
      rules: [],
      refused: [{ file, line: 1, field: 'file', reason: 'the file is not UTF-8 text', id: undefined }],
    };
  }
}
