import type { Finding } from '../cases/signal.ts';

/** What the judgement of cost figures answers. */
export type CostFinding = Finding & {
  /** Stable: the same fact seen again has the same cause, and its signal the same id. */
  readonly cause: string;
  /** There is not enough history to trust it: kept and shown, opens no case. */
  readonly shadow: boolean;
};
