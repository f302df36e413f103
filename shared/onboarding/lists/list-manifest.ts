import { z } from 'zod';
import { listKinds } from './list-kind.ts';

/** Name of the file beside installed lists. */
export const manifestName = 'manifest.json';

const InstalledList = z.object({
  file: z.string(),
  kind: z.enum(listKinds),
  /** Entries that can be used, and lines that cannot. */
  entries: z.number().int(),
  refused: z.number().int(),
  /** SHA-256 of the file, hexadecimal. */
  sha256: z.string(),
  /** The day (UTC) that the list is of, and what says so: its name, its newest entry, the person, or the file's own date. */
  date: z.iso.date(),
  dateFrom: z.enum(['name', 'entries', 'told', 'file']),
  /** ISO 8601, UTC: when this content was first installed. */
  installedAt: z.string(),
});
export type InstalledList = z.infer<typeof InstalledList>;

/** What was installed, from where, under which licence and when; stands beside the lists. */
export const ListsManifest = z.object({
  v: z.literal(1),
  /** `licenses`: files that name licence and origin, copied along. */
  sources: z.array(z.object({ from: z.string(), licenses: z.array(z.string()) })),
  lists: z.array(InstalledList),
});
export type ListsManifest = z.infer<typeof ListsManifest>;
