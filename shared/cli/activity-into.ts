import type { MatchStreams } from './activity-match.ts';

/**
 * Puts the events of a file among the event files of a running Surety (ACTIVITY_FILES), and says what became of them. Events
 * without what their id is made of are left out. Answers whether all of them are there.
 */
export async function putEvents(folder: string, eventsFile: string, { err }: MatchStreams): Promise<boolean> {
  const [{ putEventFile }, { readEvents }, { readActivityEvent }] = await Promise.all([
    import('../azure/activity-folder.ts'),
    import('../activity/read-events.ts'),
    import('../activity/event.ts'),
  ]);
  let withoutId = 0;
  async function* lines() {
    for await (const found of readEvents(eventsFile)) {
      if (found.kind !== 'event') continue;
      if (readActivityEvent(found.event).kind === 'refused') {
        withoutId += 1;
        continue;
      }
      // One event is one line: an element of an array may be many.
      yield found.source === undefined || /[\r\n]/.test(found.source) ? JSON.stringify(found.event) : found.source;
    }
  }
  const { kind, path, events } = await putEventFile(folder, lines());
  const said = {
    put: `${events} events put into ${path}`,
    there: `${events} events are there already: ${path}`,
    none: 'not put: there is no event with an id',
  }[kind];
  err(`${eventsFile}: ${said}${withoutId > 0 ? `; ${withoutId} without an id are left out` : ''}`);
  return kind !== 'none' && withoutId === 0;
}
