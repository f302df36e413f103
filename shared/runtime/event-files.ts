import { join } from 'node:path';
import type { EventFiles, FilePorts } from '../activity/take-in-files.ts';
import { unknownParty } from '../core/ids.ts';
import type { App } from './compose.ts';

/** What files of activity events are taken in with. */
export async function filePorts(app: App): Promise<FilePorts> {
  const [{ noteSubscription }, { rulesOf }, { createFolderArchive }, files] = await Promise.all([
    import('../customers/sync-customers.ts'),
    import('../activity/packaged-rules.ts'),
    import('../azure/archive-folder.ts'),
    eventFiles(app.settings.ACTIVITY_FILES ?? ''),
  ]);
  const { aggregates, now } = app;
  return {
    ...{ aggregates, now, files },
    archive: createFolderArchive(app.settings.SURETY_ARCHIVE),
    rules: await rulesOf(app.policy),
    async partyOf(subscriptionId) {
      const found = await noteSubscription({ aggregates, now }, { subscriptionId, source: 'activity-file' });
      return found?.party ?? unknownParty(subscriptionId);
    },
  };
}

/** The event files of a folder. */
export async function eventFiles(folder: string): Promise<EventFiles> {
  const [{ layEventFileAside, listEventFiles }, { readEvents }] = await Promise.all([
    import('../azure/activity-folder.ts'),
    import('../activity/read-events.ts'),
  ]);
  return {
    names: () => listEventFiles(folder),
    async events(name) {
      return (await listEventFiles(folder)).includes(name) ? readEvents(join(folder, name)) : undefined;
    },
    done: (name) => layEventFileAside(folder, name),
  };
}
