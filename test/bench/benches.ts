import type { Comparison } from './comparison.ts';

interface Bench {
  run(): Promise<readonly Comparison[]>;
}

/** Every bench by its name, in the order of the report. */
export const benches = {
  'cost-files': (): Promise<Bench> => import('./cost-files.ts'),
  'activity-events': (): Promise<Bench> => import('./activity-events.ts'),
  'service-bus': (): Promise<Bench> => import('./service-bus.ts'),
  cosmos: (): Promise<Bench> => import('./cosmos.ts'),
  passcodes: (): Promise<Bench> => import('./passcodes.ts'),
  serving: (): Promise<Bench> => import('./serving.ts'),
  incident: (): Promise<Bench> => import('./incident.ts'),
} as const;

export type BenchName = keyof typeof benches;

export const isBenchName = (name: string): name is BenchName => Object.hasOwn(benches, name);

export const benchNames: readonly BenchName[] = Object.keys(benches).filter(isBenchName);
