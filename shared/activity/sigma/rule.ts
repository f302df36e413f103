import { z } from 'zod';
import { subjects } from '../../cases/signal.ts';
import { type Level, levels } from '../../core/rule-level.ts';
import type { Expression } from './expression.ts';

/** The section `surety` of a packaged rule. */
export const OwnSection = z.strictObject({
  subject: z.enum(subjects),
  points: z.number().int().min(0).max(100),
  version: z.string().regex(/^\d+(\.\d+)*$/),
});

/** The members of a rule that are read; the format has more, and rules may add their own. */
export const RuleMembers = z.looseObject({
  id: z.string().min(1),
  title: z.string().min(1).optional(),
  status: z.string().optional(),
  level: z.enum(levels).default('medium'),
  author: z.string().optional(),
  // Prose for people: whatever shape it has, the rule is none the worse.
  falsepositives: z.unknown().optional(),
  license: z.string().optional(),
  modified: z.coerce.string().optional(),
  date: z.coerce.string().optional(),
  logsource: z
    .looseObject({ product: z.string().optional(), service: z.string().optional(), category: z.string().optional() })
    .optional(),
  surety: OwnSection.optional(),
});

/** A rule in the Sigma format, compiled. */
export interface SigmaRule {
  readonly id: string;
  readonly title: string;
  readonly level: Level;
  /** What a match adds to a case, and which case. */
  readonly points: number;
  /** The rule names its points itself; those of others are the policy's, by level. */
  readonly hasOwnPoints: boolean;
  readonly subject: z.infer<typeof OwnSection>['subject'];
  /** The packaged rule's version; for others the day it was last modified. */
  readonly version: string;
  readonly status: string | undefined;
  readonly author: string | undefined;
  readonly license: string | undefined;
  /** What is harmless and looks the same, in the author's words. */
  readonly falsePositives: readonly string[];
  readonly service: string | undefined;
  readonly file: string;
  readonly expression: Expression;
}

/** A rule that was not loaded, and why; the others were. */
export interface RuleRefusal {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** The member of the rule that is the reason, e.g. `detection.condition`. */
  readonly field: string;
  readonly reason: string;
  readonly id: string | undefined;
}

export interface RulesRead {
  readonly rules: readonly SigmaRule[];
  readonly refused: readonly RuleRefusal[];
}
