import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document as YamlDocument } from 'yaml';
import { defaultPoints } from '../../core/rule-level.ts';
import { readCondition } from './condition.ts';
import { type Expression, or } from './expression.ts';
import { RuleMembers, type RuleRefusal, type RulesRead, type SigmaRule } from './rule.ts';
import { RuleProblem } from './rule-problem.ts';
import { offsetOf, readSelection } from './selection.ts';

/**
 * Reads the rules in one YAML text (several documents are several rules). A rule that cannot be used is refused with
 * line, field and reason; the others in the text are kept. `file` only goes into messages. Format: the Sigma
 * specification, github.com/SigmaHQ/sigma-specification.
 */
export function readRules(text: string, file: string): RulesRead {
  const lines = new LineCounter();
  const rules: SigmaRule[] = [];
  const refused: RuleRefusal[] = [];
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  const documents: readonly YamlDocument[] = Array.isArray(parsed) ? parsed : [];
  if (documents.length === 0)
    refused.push({ file, line: 1, field: 'rule', reason: 'the file is empty', id: undefined });
  for (const document of documents) {
    try {
      rules.push(readRule(document, file));
    } catch (error) {
      if (!(error instanceof RuleProblem)) throw error;
      const { line } = lines.linePos(error.offset ?? document.range?.[0] ?? 0);
      const id = document.get('id');
      refused.push({
        file,
        line: Math.max(1, line),
        field: error.field,
        reason: error.message,
        id: typeof id === 'string' ? id : undefined,
      });
    }
  }
  return { rules, refused };
}

function readRule(document: YamlDocument, file: string): SigmaRule {
  const [broken] = document.errors;
  if (broken !== undefined) {
    throw new RuleProblem('yaml', `this is not YAML: ${broken.message.split('\n')[0]}`, broken.pos[0]);
  }
  if (!isMap(document.contents)) throw new RuleProblem('rule', 'a rule is a map with id, detection and condition');
  refuseOtherKinds(document);
  const parsed = RuleMembers.safeParse(document.toJS());
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = issue?.path.map(String) ?? [];
    const reason = issue === undefined ? 'is not valid' : path[0] === 'id' ? 'a rule needs an id' : issue.message;
    throw new RuleProblem(path.join('.') || 'rule', reason, memberOffset(document, path));
  }
  const { data: members } = parsed;
  return {
    id: members.id,
    title: members.title ?? members.id,
    level: members.level,
    points: members.surety?.points ?? defaultPoints[members.level],
    hasOwnPoints: members.surety !== undefined,
    subject: members.surety?.subject ?? 'compromise',
    version: members.surety?.version ?? members.modified ?? members.date ?? '0',
    status: members.status,
    author: members.author,
    license: members.license,
    falsePositives: [members.falsepositives].flat().filter((text) => typeof text === 'string'),
    service: members.logsource?.service,
    file,
    expression: readDetection(document),
  };
}

function refuseOtherKinds(document: YamlDocument): void {
  const others: Readonly<Record<string, string>> = {
    correlation: 'correlation rules look at many events; a rule is matched against one event at a time',
    filter: 'a Sigma filter changes other rules and is no rule by itself',
    action: 'collections with "action" are the format of before 2023; write one document for each rule',
  };
  for (const [member, reason] of Object.entries(others)) {
    if (document.has(member)) throw new RuleProblem(member, reason, memberOffset(document, [member]));
  }
}

function readDetection(document: YamlDocument): Expression {
  const detection = document.get('detection', true);
  if (!isMap(detection)) {
    throw new RuleProblem(
      'detection',
      'a rule needs a detection, a map of selections and a condition',
      offsetOf(detection),
    );
  }
  const selections = new Map<string, Expression>();
  for (const { key, value } of detection.items) {
    const name = String(isScalar(key) ? key.value : key);
    if (name !== 'condition' && name !== 'timeframe')
      selections.set(name, readSelection(value, `detection.${name}`, document));
  }
  const offset = memberOffset(document, ['detection', 'condition']);
  const alternatives = conditions(document, offset).map((text) =>
    placed(() => readCondition(text, selections), offset),
  );
  if (detection.has('timeframe')) {
    const reason = 'a time frame needs several events; a rule is matched against one event at a time';
    throw new RuleProblem('detection.timeframe', reason, memberOffset(document, ['detection', 'timeframe']));
  }
  return or(alternatives);
}

/** Several conditions are alternatives. */
function conditions(document: YamlDocument, offset: number | undefined): readonly string[] {
  const node = document.getIn(['detection', 'condition'], true);
  const texts: readonly unknown[] = (isSeq(node) ? node.items : [node]).map((item) =>
    isScalar(item) ? item.value : undefined,
  );
  const readable = texts.filter((text): text is string => typeof text === 'string');
  if (readable.length === 0 || readable.length < texts.length) {
    throw new RuleProblem('detection.condition', 'a detection needs a condition, as text', offset);
  }
  return readable;
}

/** Gives what `read` refuses its place in the file. */
function placed<T>(read: () => T, offset: number | undefined): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RuleProblem && error.offset === undefined) {
      throw new RuleProblem(error.field, error.message, offset);
    }
    throw error;
  }
}

/** Where a member stands; of one that is missing, where its nearest parent does. */
function memberOffset(document: YamlDocument, path: readonly string[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const offset = offsetOf(document.getIn(path.slice(0, length), true));
    if (offset !== undefined) return offset;
  }
  return offsetOf(document.contents);
}
