/** Why a rule cannot be used, and where in its text. Thrown while a rule is read, caught by `readRules`. */
export class RuleProblem extends Error {
  override readonly name = 'RuleProblem';
  /** The member of the rule, e.g. `detection.selection.operationName|contains`. */
  readonly field: string;
  /** Offset in the file's text, when known. */
  readonly offset: number | undefined;

  constructor(field: string, reason: string, offset?: number) {
    super(reason);
    this.field = field;
    this.offset = offset;
  }
}
