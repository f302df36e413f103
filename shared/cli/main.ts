import { Command, CommanderError } from 'commander';
import { now } from '../runtime/clock.ts';
import { register as registerActivityMatch } from './activity-match.ts';
import { register as registerAuditVerify } from './audit-verify.ts';
import { register as registerCasesList } from './cases-list.ts';
import { register as registerCasesShow } from './cases-show.ts';
import { register as registerListsCheck } from './lists-check.ts';
import { register as registerListsInstall } from './lists-install.ts';
import { register as registerRulesCheck } from './rules-check.ts';
import { register as registerRulesInstall } from './rules-install.ts';
import { registerUsageLoad } from './usage-load.ts';

/** What the command was called with. */
export interface Invocation {
  /** Without `node` and the script. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Of the package. */
  readonly version: string;
}

/** The exit code for a command line that cannot be understood, or when nothing could be done. */
const usageError = 2;

/**
 * Runs the `surety` command and sets `process.exitCode`: 0 all is well, 1 it is not (each command's help says what that
 * means), 2 nothing could be done or the command line is wrong. Throws only on a bug.
 */
export async function run({ args, env, version }: Invocation): Promise<void> {
  const program = surety(env, version);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // Commander has said what is wrong, or printed the help or the version that was asked for.
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : usageError;
  }
}

const moreHelp = `
Examples:
  surety cases list
  surety cases show customer:5f3a1b52-0000-4000-8000-000000000001:compromise:1
  surety audit verify
  surety usage load exports/
  surety activity match --rules rules/ --events activity.jsonl
  surety rules check rules/

Exit codes: 0 all is well, 1 it is not (see the help of each command), 2 nothing could be done or
the command line is wrong, 70 an error of surety itself.`;

function surety(env: NodeJS.ProcessEnv, version: string): Command {
  const program = new Command('surety')
    .description('Sees fraud, abuse and non-payment among a Microsoft CSP partner’s customers, and acts.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(add --help for what can be said here)')
    .addHelpText('after', moreHelp);
  registerCasesList(program, { env });
  registerCasesShow(program, { env });
  registerAuditVerify(program, { env });
  registerUsageLoad(program, { now });
  registerActivityMatch(program);
  registerRulesCheck(program);
  registerRulesInstall(program, { now });
  registerListsCheck(program);
  registerListsInstall(program, { now });
  return program;
}
