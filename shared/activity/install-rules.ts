import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { z } from 'zod';
import type { InstalledFolder } from '../core/installed-folder.ts';
import { ruleFiles } from './load-rules.ts';
import { readRules } from './sigma/read-rules.ts';
import type { RuleRefusal } from './sigma/rule.ts';

const InstalledRule = z.object({
  file: z.string(),
  id: z.string(),
  title: z.string(),
  author: z.string().optional(),
  license: z.string().optional(),
  /** SHA-256 of the file, hexadecimal. */
  sha256: z.string(),
  /** ISO 8601, UTC: when this content was first installed. */
  installedAt: z.string(),
});

/** What was installed, from where, under which licence and when; stands beside the rules. */
export const RulesManifest = z.object({
  v: z.literal(1),
  sources: z.array(z.object({ from: z.string(), licenses: z.array(z.string()) })),
  rules: z.array(InstalledRule),
});
export type RulesManifest = z.infer<typeof RulesManifest>;

export interface RulesInstalled {
  readonly added: number;
  readonly replaced: number;
  readonly unchanged: number;
  readonly refused: readonly RuleRefusal[];
  /** Licence files that were found and copied. */
  readonly licenses: readonly string[];
}

const manifestName = 'manifest.json';
const licenseFile = /^(licen[cs]e|copying|notice)([._-].*)?$/i;
/** Licence files stand at the root of a repository, above the folder of its rules. */
const levelsAbove = 6;

/**
 * Copies the rules that load from one folder into another, byte for byte with their authors' names, and keeps licence,
 * date and hash in `manifest.json`. Rules that cannot be used are refused and not copied. Running it again changes
 * nothing; a rule with new content replaces its old one. Throws when a folder cannot be read or written.
 */
export async function installRules(from: string, folder: InstalledFolder, now: string): Promise<RulesInstalled> {
  const manifest = await readManifest(folder);
  const known = new Map(manifest.rules.map((rule) => [rule.file, rule]));
  const byId = new Map(manifest.rules.map(({ id, file }) => [id, file]));
  const licenses = await folder.copyLicenses(from, licenseFile, levelsAbove);
  const counts = { added: 0, replaced: 0, unchanged: 0 };
  const refused: RuleRefusal[] = [];
  for (const path of await ruleFiles(from)) {
    const file = relative(from, path).split(sep).join('/');
    const bytes = await readFile(path);
    const read = readRules(bytes.toString('utf8'), file);
    const [rule] = read.rules;
    refused.push(...read.refused);
    // A file is installed whole or not at all: what stands in the folder loads.
    if (rule === undefined || read.refused.length > 0) continue;
    const first = byId.get(rule.id) ?? file;
    if (first !== file) {
      refused.push({ file, line: 1, field: 'id', reason: `the id is also that of ${first}`, id: rule.id });
      continue;
    }
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const before = known.get(file);
    byId.set(rule.id, file);
    if (before?.sha256 !== sha256 || !(await folder.has(file))) await folder.write(file, bytes);
    counts[before === undefined ? 'added' : before.sha256 === sha256 ? 'unchanged' : 'replaced']++;
    known.set(file, {
      ...{ file, id: rule.id, title: rule.title, sha256 },
      ...(rule.author === undefined ? {} : { author: rule.author }),
      ...(rule.license === undefined ? {} : { license: rule.license }),
      installedAt: before?.sha256 === sha256 ? before.installedAt : now,
    });
  }
  const rules = [...known.values()].sort((a, b) => (a.file < b.file ? -1 : 1));
  const sources = [...manifest.sources.filter((source) => source.from !== from), { from, licenses: [...licenses] }];
  await folder.write(manifestName, `${JSON.stringify({ v: 1, sources, rules }, null, 2)}\n`);
  return { ...counts, refused, licenses };
}

async function readManifest(folder: InstalledFolder): Promise<RulesManifest> {
  const text = await folder.read(manifestName);
  if (text === undefined) return { v: 1, sources: [], rules: [] };
  try {
    return RulesManifest.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${folder.path}/${manifestName} is no manifest of rules; nothing was installed`, { cause });
  }
}
