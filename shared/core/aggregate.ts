/** Names of the containers; `azure/containers.ts` holds their keys and indexes. */
export type ContainerName =
  | 'cases'
  | 'plans'
  | 'subscriptions'
  | 'customers'
  | 'usage'
  | 'activity'
  | 'sweeps'
  | 'switches'
  | 'phones'
  | 'counters'
  | 'signups'
  | 'links'
  | 'verifications'
  | 'instruments'
  | 'postures'
  | 'inbox'
  | 'parked'
  | 'audit';

/** Names of the queues; `azure/queues.ts` holds their properties. */
export type QueueName = 'intake' | 'signals' | 'due' | 'actions' | 'notifications' | 'sms-reports';

/**
 * The root document of an aggregate. `version` is raised by each decision and is what approvals and HTTP ETags are bound
 * to; Cosmos DB's own `_etag` stays inside `runtime/commit.ts`.
 */
export interface Root {
  readonly id: string;
  /** Shape of the document; a newer one than this code knows is retried later. */
  readonly v: number;
  readonly kind: string;
  readonly version: number;
  /** Effects that are decided and not yet sent. */
  readonly outbox: readonly Effect[];
  /** When the oldest waiting effect was decided; absent when `outbox` is empty. Indexed: the sweep finds it. */
  readonly pendingSince?: string;
  /** When this document wants to be looked at again. Indexed: one timer a minute finds it. */
  readonly nextDueAt?: string;
}

/** A root as a decision leaves it: what `commit` keeps for itself is added there. */
export type Decided<S extends Root> = Omit<S, 'version' | 'outbox' | 'pendingSince'>;

/** A root without what the commit keeps for itself: what a decision starts from. */
export function contentOf<S extends Root>(root: S): Decided<S> {
  const { version: _version, outbox: _outbox, pendingSince: _pendingSince, ...content } = root;
  return content;
}

/** A document that is created once and never changed; its id comes from its cause, so that a second creation is a no-op. */
export interface Child {
  readonly id: string;
  readonly v: number;
  readonly kind: string;
  /** Seconds until it may be tidied away. */
  readonly ttl?: number;
  readonly [member: string]: unknown;
}

/**
 * A document beside the root that may change, and only in one batch with it: for what there is too much of to stand in the
 * root and that still may be corrected.
 */
export interface Part {
  readonly id: string;
  readonly v: number;
  readonly kind: string;
}

/** A message to be sent once the decision is stored. At most 64 KB; more goes by reference. */
export interface QueueEffect {
  readonly to: 'queue';
  /** Derived from the cause: it becomes the message id, and the receiver's `msg:{id}`. */
  readonly id: string;
  readonly queue: QueueName;
  /** What the lane is chosen from: the party, or the aggregate's natural key. */
  readonly lane: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A line of the audit chain of a party. */
export interface AuditEffect {
  readonly to: 'audit';
  readonly id: string;
  readonly party: string;
  /** ISO 8601, UTC: when it was decided. */
  readonly at: string;
  /** Who or what: `surety`, or `tid|oid` of a person. */
  readonly actor: string;
  /** What happened, in the past tense, e.g. `hold-placed`. */
  readonly action: string;
  /** What it was done to, e.g. `subscription:{id}`. */
  readonly target: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export type Effect = QueueEffect | AuditEffect;

/** The largest number of effects one decision may leave; more goes by reference. */
export const maxEffects = 20;
/** The largest effect, as JSON: a message of the standard tier must hold it with room to spare. */
export const maxEffectBytes = 64 * 1024;

/** What a pure decision answers: the new state, what is created beside it, and what is to be sent. */
export interface Decision<S extends Root, P extends Part = never> {
  readonly state: Decided<S>;
  /** The part that was asked for, as it stands from now on. */
  readonly part?: P;
  readonly children?: readonly Child[];
  readonly effects?: readonly Effect[];
}

/** Where an aggregate lives. */
export interface Address {
  readonly container: ContainerName;
  readonly partition: string;
  readonly id: string;
}

/** What became of a decision. */
export type Outcome<S extends Root> =
  | { readonly kind: 'committed'; readonly state: S }
  /** This message, or one of the children, had been taken in before; without a state when that was by another root. */
  | { readonly kind: 'already-done'; readonly state: S | undefined }
  /** The decision saw nothing to do. */
  | { readonly kind: 'unchanged'; readonly state: S | undefined };

/** The store as use-cases see it. */
export interface Aggregates {
  /** The root, or undefined. Throws `NewerShape` when the document is newer than this code. */
  read<S extends Root>(address: Address): Promise<S | undefined>;
  /**
   * Reads the root, decides, commits in one transactional batch and sends the effects. `decide` may run several times;
   * it answers undefined when there is nothing to do. `messageId` is remembered for 30 days, so that a second delivery is
   * a no-op that only sends what a crash left waiting. With `partId` the part of that id is read after the root and decided
   * with it. After `mostTries` conflicts in a row (30 unless said) it throws `TooManyConflicts`, and nothing was stored.
   */
  act<S extends Root, P extends Part = never>(
    address: Address,
    messageId: string | undefined,
    decide: (state: S | undefined, part: P | undefined) => Decision<S, P> | undefined,
    partId?: string,
    mostTries?: number,
  ): Promise<Outcome<S>>;
  /** A document beside a root, or undefined. Throws `NewerShape` when the document is newer than this code. */
  readBeside<D extends Part>(address: Address): Promise<D | undefined>;
  /**
   * Creates documents of a partition, in order, each with its own id; one that stands already is left as it is. They are made
   * before the root that names them: until then they count for nothing.
   */
  createBeside(container: ContainerName, partition: string, documents: readonly Part[]): Promise<void>;
}
