/** Sigma's levels, in rising order. */
export const levels = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof levels)[number];

/** What a rule without points of its own adds to a case's severity, unless the policy says otherwise: 0 to 100. */
export const defaultPoints: Readonly<Record<Level, number>> = {
  informational: 0,
  low: 5,
  medium: 15,
  high: 30,
  critical: 45,
};
