import { link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Archive } from '../core/archive.ts';

const compress = promisify(gzip);
const fitName = /^[\w.:-]+(\/[\w.:-]+)*$/;

/**
 * The archive as a folder. A file appears whole or not at all, and never changes; names that end in `.gz` are compressed.
 * Throws on a name that could leave the folder, and when the disk does not take it.
 */
export function createFolderArchive(root: string): Archive {
  return {
    async put(name, content) {
      if (!fitName.test(name) || name.split('/').some((part) => /^\.+$/.test(part))) {
        throw new Error(`"${name}" is no name for the archive`);
      }
      // A colon is no part of a file's name everywhere.
      const path = join(root, ...name.replaceAll(':', '_').split('/'));
      await mkdir(dirname(path), { recursive: true });
      const bytes = name.endsWith('.gz') ? await compress(content) : Buffer.from(content);
      // Beside its place first: a crash leaves no half file, and of two writers of one name the first one's stays.
      const draft = await mkdtemp(join(dirname(path), '.draft-'));
      try {
        await writeFile(join(draft, 'content'), bytes, { flush: true });
        await link(join(draft, 'content'), path);
      } catch (error) {
        if (!(error instanceof Error) || Reflect.get(error, 'code') !== 'EEXIST') throw error;
      } finally {
        await rm(draft, { recursive: true, force: true });
      }
    },
  };
}
