import type { RuntimeClock } from '../clock.ts';
import type { Store } from '../store.ts';
import type { DocumentContainer } from './container.ts';

/** How often expired documents are looked for while the clock is real time. */
const tidyEveryMs = 60_000;

/**
 * Removes documents that have expired, whenever the clock moves. Readers never see them, tidied or not. Returns what stops
 * it, when the removal under way is done.
 */
export function tidyExpired(store: Store, clock: RuntimeClock, containers: () => readonly DocumentContainer[]) {
  let running: Promise<void> = Promise.resolve();
  let waiting = false;
  const tidy = () => {
    if (waiting) return;
    const now = Math.floor(clock.now().getTime() / 1000);
    const due = containers().filter(
      ({ definition, statement, table }) =>
        definition.defaultTtl !== undefined &&
        statement(`SELECT 1 FROM ${table} WHERE expires <= ? LIMIT 1`).get(now) !== undefined,
    );
    if (due.length === 0) return;
    waiting = true;
    running = store
      .write(() => {
        // One that was deleted in between has no table any more.
        const left = new Set(containers());
        for (const { statement, table } of due.filter((one) => left.has(one)))
          statement(`DELETE FROM ${table} WHERE expires <= ?`).run(now);
      })
      .finally(() => {
        waiting = false;
      });
  };
  const stopListening = clock.onAdvance(tidy);
  const timer = setInterval(tidy, tidyEveryMs);
  timer.unref();
  return async () => {
    stopListening();
    clearInterval(timer);
    await running;
  };
}
