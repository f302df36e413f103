import type { Aggregates, Decision, Outcome, Root } from '../core/aggregate.ts';
import type { LoadedPolicy } from '../policy/policy.ts';
import { type Case, caseId, decideCase } from './case.ts';
import type { Signal, Subject } from './signal.ts';

/** Finds cases by party and subject within the party's partition. */
export interface CaseFinder {
  /** The case with the highest number, open or closed. */
  newest(party: string, subject: Subject): Promise<Pick<Case, 'n' | 'status'> | undefined>;
}

export interface TakeInPorts {
  readonly aggregates: Aggregates;
  readonly finder: CaseFinder;
  readonly policy: LoadedPolicy;
  readonly now: () => Date;
}

/** What detectors saw before their history was loaded: kept and counted, opens no case. */
export interface ShadowSignals extends Root {
  readonly kind: 'shadow-signals';
  readonly party: string;
  readonly signals: number;
}

/**
 * Takes one signal in, once: into the open case of its party and subject, or a new one. A repeated message or the same
 * signal from two windows changes nothing.
 */
export async function takeInSignal(
  ports: TakeInPorts,
  signal: Signal,
  messageId: string,
): Promise<Outcome<Case | ShadowSignals>> {
  const { aggregates, policy } = ports;
  if (signal.shadow) {
    const id = `${signal.party}:shadow`;
    return await aggregates.act<ShadowSignals>(
      { container: 'cases', partition: signal.party, id },
      // Another name than the signal's own: a source that is sure of it later must still be taken in.
      `shadow-${messageId}`,
      (state) => decideShadow(state, id, signal),
    );
  }
  const newest = await ports.finder.newest(signal.party, signal.subject);
  let n = newest === undefined ? 1 : newest.status === 'closed' ? newest.n + 1 : newest.n;
  for (;;) {
    let closed = false;
    const id = caseId(signal.party, signal.subject, n);
    const outcome = await aggregates.act<Case>(
      { container: 'cases', partition: signal.party, id },
      messageId,
      (state) => {
        // Closed between the look and the commit: the next one it is.
        closed = state?.status === 'closed';
        return closed ? undefined : decideCase(state, signal, n, policy, ports.now());
      },
    );
    if (!closed) return outcome;
    n += 1;
  }
}

function decideShadow(state: ShadowSignals | undefined, id: string, signal: Signal): Decision<ShadowSignals> {
  return {
    state: { id, v: 1, kind: 'shadow-signals', party: signal.party, signals: (state?.signals ?? 0) + 1 },
    children: [{ ...signal, id: `shadow-${signal.id}`, kind: 'signal' }],
  };
}
