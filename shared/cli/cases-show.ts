import type { Command } from 'commander';
import type { Containers } from '../azure/cosmos.ts';
import type { Case } from '../cases/case.ts';
import type { Plan } from '../enforcement/plan.ts';
import type { PlanView } from '../enforcement/plan-view.ts';
import { casesCommand, dataOption, type StoreCommandDependencies } from './cases-list.ts';
import type { ExitCode, Terminal } from './store.ts';

/** Registers `cases show`. */
export function register(program: Command, { env }: StoreCommandDependencies): void {
  casesCommand(program)
    .command('show')
    .description('show a case: why it is as severe as it is, its plan, what happened')
    .argument('<id>', 'id of the case, as "cases list" shows it')
    .option('--json', 'for machines: the case as the API answers it')
    .addOption(dataOption())
    .addHelpText('after', '\nExit codes: 0 shown, 1 there is no such case, 2 the store cannot be read.')
    .action(async (id: string, options: { json?: boolean; data?: string }) => {
      const { processTerminal, readStore } = await import('./store.ts');
      process.exitCode = await readStore({ data: options.data, env }, processTerminal, (containers) =>
        showCase(containers, id, options.json === true, processTerminal),
      );
    });
}

/** Signals that are read; a case may have many thousand. */
const readSignals = 1000;

async function showCase(
  containers: Containers,
  id: string,
  asJson: boolean,
  { out, err }: Terminal,
): Promise<ExitCode> {
  const [{ partyOfCase }, { readRoot }, { signalsOf }, { partyNames }] = await Promise.all([
    import('../cases/case.ts'),
    import('../runtime/commit.ts'),
    import('../azure/case-queries.ts'),
    import('./parties.ts'),
  ]);
  const party = partyOfCase(id);
  const address = { container: 'cases', partition: party ?? '', id } as const;
  const one = party === undefined ? undefined : (await readRoot<Case>(containers('cases'), address))?.state;
  if (party === undefined || one === undefined || one.kind !== 'case') {
    const why = party === undefined ? 'a case id reads like "customer:{tenant id}:compromise:1"' : 'it is not stored';
    err(`There is no case "${id}": ${why}. "surety cases list" names them.\n`);
    return 1;
  }
  const [signals, plans, name] = await Promise.all([
    signalsOf(containers('cases'), party, id, readSignals),
    plansOf(containers, one),
    partyNames(containers).nameOf(party),
  ]);
  if (asJson) {
    const { caseView } = await import('../cases/case-view.ts');
    await out(`${JSON.stringify({ ...caseView(one, signals, plans), name: name ?? null }, null, 2)}\n`);
  } else {
    const { casePage } = await import('./case-text.ts');
    await out(casePage({ one, name }, signals, plans));
  }
  return 0;
}

async function plansOf(containers: Containers, one: Case): Promise<readonly PlanView[]> {
  if (one.plan === undefined) return [];
  const [{ planId }, { readRoot }, { showPlan }] = await Promise.all([
    import('../enforcement/plan.ts'),
    import('../runtime/commit.ts'),
    import('../runtime/show-plan.ts'),
  ]);
  const address = { container: 'plans', partition: one.party, id: planId(one.id, one.plan.k) } as const;
  const plan = await readRoot<Plan>(containers('plans'), address);
  return plan === undefined ? [] : [await showPlan(containers, plan.state)];
}
