import type { AuditEffect } from '../core/aggregate.ts';

/** The chain a decision's line belongs to: one for each party and year. */
export const chainOf = (effect: AuditEffect): string => `${effect.party}:${effect.at.slice(0, 4)}`;
