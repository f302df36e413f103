import type { LoadedPolicy } from '../policy/policy.ts';
import { loadRules as loadFolder, packagedRulesFolder } from './load-rules.ts';
import type { SigmaRule } from './sigma/rule.ts';
import { compileRuleSet, type RuleSet } from './sigma/rule-set.ts';

const compiled = new Map<string, Promise<RuleSet>>();

/** The packaged rules and those installed in the policy's folders, without the disabled ones. Compiled once a policy. */
export function rulesOf(policy: LoadedPolicy): Promise<RuleSet> {
  const known = compiled.get(policy.hash);
  if (known !== undefined) return known;
  const loading = load(policy);
  compiled.set(policy.hash, loading);
  loading.catch(() => compiled.delete(policy.hash));
  return loading;
}

async function load(policy: LoadedPolicy): Promise<RuleSet> {
  const folders = [packagedRulesFolder(), ...policy.rules.folders];
  const rules = new Map<string, SigmaRule>();
  for (const folder of folders) {
    const read = await loadFolder(folder);
    for (const rule of read.rules) if (!rules.has(rule.id)) rules.set(rule.id, asPolicySays(rule, policy));
    // The others are used; a rule that nobody is told about would look like one that never fires.
    for (const { file, line, field, reason } of read.refused) {
      console.warn(`rule not used: ${folder}/${file}:${line}: ${field}: ${reason}`);
    }
  }
  const disabled = new Set(policy.rules.disabled);
  return compileRuleSet([...rules.values()].filter((rule) => !disabled.has(rule.id)));
}

const asPolicySays = (rule: SigmaRule, policy: LoadedPolicy): SigmaRule =>
  rule.hasOwnPoints ? rule : { ...rule, points: policy.rules.pointsByLevel[rule.level] };
