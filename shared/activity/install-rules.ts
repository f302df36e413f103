import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
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
export async function installRules(from: string, into: string, now: string): Promise<RulesInstalled> {
  const inside = relative(resolve(from), resolve(into));
  if (inside === '' || !inside.startsWith('..')) {
    throw new Error(`${into} lies inside ${from}: the rules would be installed from themselves`);
  }
  const manifest = await readManifest(into);
  const known = new Map(manifest.rules.map((rule) => [rule.file, rule]));
  const byId = new Map(manifest.rules.map(({ id, file }) => [id, file]));
  const licenses = await copyLicenses(from, into);
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
    if (before?.sha256 !== sha256 || !(await exists(join(into, file)))) await writeWhole(join(into, file), bytes);
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
  await writeManifest(into, { v: 1, sources, rules });
  return { ...counts, refused, licenses };
}

async function readManifest(into: string): Promise<RulesManifest> {
  const path = join(into, manifestName);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { v: 1, sources: [], rules: [] };
    throw error;
  }
  try {
    return RulesManifest.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} is no manifest of rules; nothing was installed`, { cause });
  }
}

const writeManifest = (into: string, manifest: RulesManifest): Promise<void> =>
  writeWhole(join(into, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);

/** Copies the licence files of the rules' folder or of the nearest folder above that has some. */
async function copyLicenses(from: string, into: string): Promise<readonly string[]> {
  let folder = resolve(from);
  for (let level = 0; level <= levelsAbove; level++) {
    const names = (await readdir(folder)).filter((name) => licenseFile.test(name)).sort();
    for (const name of names) await writeWhole(join(into, name), await readFile(join(folder, name)));
    if (names.length > 0 || dirname(folder) === folder) return names;
    folder = dirname(folder);
  }
  return [];
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Writes a file that is never seen half written. */
async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.new`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
