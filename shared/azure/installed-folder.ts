import { access, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { InstalledFolder } from '../core/installed-folder.ts';

/** The port on a file system. Throws when `into` lies inside `from`. Failures of the file system come as they are. */
export function openInstalledFolder(into: string, from: string): InstalledFolder {
  const inside = relative(resolve(from), resolve(into));
  if (inside === '' || !inside.startsWith('..')) {
    throw new Error(`${into} lies inside ${from}: it would be installed from itself`);
  }
  const write = (file: string, content: string | Uint8Array) => writeWhole(join(into, file), content);
  return {
    path: into,
    write,
    has: (file) =>
      access(join(into, file)).then(
        () => true,
        () => false,
      ),
    async read(file) {
      try {
        return await readFile(join(into, file), 'utf8');
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async copyLicenses(source, isLicense, levels) {
      let folder = resolve(source);
      for (let level = 0; level <= levels; level += 1) {
        const entries = await readdir(folder, { withFileTypes: true });
        const names = entries.filter((entry) => entry.isFile() && isLicense.test(entry.name)).map(({ name }) => name);
        for (const name of names.sort()) await write(name, await readFile(join(folder, name)));
        if (names.length > 0 || dirname(folder) === folder) return names;
        folder = dirname(folder);
      }
      return [];
    },
  };
}

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
