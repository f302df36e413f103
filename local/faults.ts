/** The loopback endpoints that can be told to misbehave. */
export type EndpointName = 'cosmos' | 'service-bus' | 'microsoft' | 'verification' | 'communication';

/** One request as the faults see it, e.g. `{ endpoint: 'cosmos', operation: 'batch', target: 'cases/customer:…' }`. */
export interface Arrival {
  readonly endpoint: EndpointName;
  /** What is asked, in the endpoint's own words: `create`, `batch`, `query`, `send`, `complete`, `POST /v1/…/cancel`. */
  readonly operation: string;
  readonly target: string;
}

/** What is to go wrong, and when. `drop` closes the connection without an answer, before or after the work was done. */
export type Misbehaviour =
  | { readonly kind: 'status'; readonly status: number; readonly substatus?: number; readonly retryAfterMs?: number }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'drop'; readonly when: 'before' | 'after' }
  /** Done once more, or, for a message, once for each of `laterMs`: so much later by the runtime's clock. */
  | { readonly kind: 'duplicate'; readonly laterMs?: readonly number[] }
  | { readonly kind: 'lose-lock' };

export interface FaultRule {
  readonly applies: (arrival: Arrival) => boolean;
  /** How often; `Infinity` until removed. */
  readonly times: number;
  readonly act: Misbehaviour;
}

/** A numbered request. The endpoint acts on `faults`, and calls `acted` when its work is durable but not yet answered. */
export interface Numbered {
  readonly number: number;
  readonly faults: readonly Misbehaviour[];
  acted(): void;
}

export interface Faults {
  /** Called once for every request that reaches an endpoint, before it acts. Ends the process at `crashAt … before`. */
  arrive(arrival: Arrival): Numbered;
  /** Adds a rule; returns what removes it. */
  add(rule: FaultRule): () => void;
  /** How many requests have been numbered. */
  readonly count: number;
}

/** `n:before` or `n:after`, as in the setting SURETY_CRASH_AT. Throws on anything else. */
export function parseCrashPoint(text: string): { readonly number: number; readonly when: 'before' | 'after' } {
  const match = /^(\d+):(before|after)$/.exec(text.trim());
  if (match === null) throw new Error(`SURETY_CRASH_AT must be like "17:before" or "17:after", not "${text}"`);
  return { number: Number(match[1]), when: match[2] === 'before' ? 'before' : 'after' };
}

/**
 * The shared switchboard of the three endpoints. `crashAt` ends the process the hard way at that request, as a power cut
 * would: before the work is done, or after it is durable and before it is answered.
 */
export function createFaults(crashAt?: string, end = () => process.kill(process.pid, 'SIGKILL')): Faults {
  const crash = crashAt === undefined || crashAt === '' ? undefined : parseCrashPoint(crashAt);
  const rules: { rule: FaultRule; left: number }[] = [];
  let count = 0;
  return {
    get count() {
      return count;
    },
    arrive(arrival) {
      count += 1;
      const number = count;
      if (crash?.number === number && crash.when === 'before') end();
      const hit = rules.filter((entry) => entry.left > 0 && entry.rule.applies(arrival));
      for (const entry of hit) entry.left -= 1;
      return {
        number,
        faults: hit.map((entry) => entry.rule.act),
        acted: () => {
          if (crash?.number === number && crash.when === 'after') end();
        },
      };
    },
    add(rule) {
      const entry = { rule, left: rule.times };
      rules.push(entry);
      return () => {
        const at = rules.indexOf(entry);
        if (at >= 0) rules.splice(at, 1);
      };
    },
  };
}
