import { containers as definitions } from '../../shared/azure/containers.ts';
import type { ContainerName } from '../../shared/core/aggregate.ts';
import type { RunningApp } from './an-app.ts';

/** Every document of every container and every line of the log, as text. */
export async function everythingKept(app: RunningApp): Promise<string> {
  const names = Object.keys(definitions) as ContainerName[];
  const documents = await Promise.all(
    names.map(async (name) => (await app.containers(name).items.query('SELECT * FROM c').fetchAll()).resources),
  );
  return [...documents.map((list) => JSON.stringify(list)), ...app.log].join('\n');
}
