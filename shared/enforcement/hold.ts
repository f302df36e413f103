/**
 * Why service is to be stopped. Service stays stopped while any hold stands; each owner lifts only its own, and a machine
 * never lifts a person's.
 */
export interface Hold {
  /** The owner, which is also the hold's key on the subscription: `plan:{plan id}`. */
  readonly owner: string;
  /** The only reason Partner Center documents for a cancellation. */
  readonly reason: 'compromise';
  /** The tenant that the approval was about: under another it is not carried out. */
  readonly customerId: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** Who approved it: `tid|oid`. */
  readonly approvedBy: string;
}

/** What Microsoft shows of a subscription. */
export type ServiceState = 'active' | 'suspended';

/** What a look can show: also that Microsoft does not list it, or calls its state something unknown. */
export type SeenState = ServiceState | 'unclear';

/** What is to be true outside: stopped while any hold stands. */
export const wantedState = (holds: readonly Hold[]): ServiceState => (holds.length > 0 ? 'suspended' : 'active');

/** The holds with one more; the same owner's hold is kept as it first was, so that a repeated message changes nothing. */
export const withHold = (holds: readonly Hold[], hold: Hold): readonly Hold[] =>
  holds.some((standing) => standing.owner === hold.owner) ? holds : [...holds, hold];

/** The holds without this owner's. */
export const withoutHold = (holds: readonly Hold[], owner: string): readonly Hold[] =>
  holds.some((standing) => standing.owner === owner) ? holds.filter((standing) => standing.owner !== owner) : holds;
