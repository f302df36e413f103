import { Session } from 'node:inspector/promises';

export interface Part {
  readonly part: string;
  /** Of the time that was not idle, 0 … 1. */
  readonly share: number;
}

/** Starts V8's sampling profiler; what it answers stops it and tells which part of the program used how much time itself. */
export async function profileByPart(): Promise<() => Promise<readonly Part[]>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 500 });
  await session.post('Profiler.start');
  return async () => {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    const { nodes, samples = [], timeDeltas = [] } = profile;
    const partOf = new Map(nodes.map(({ id, callFrame }) => [id, partAt(callFrame.url, callFrame.functionName)]));
    const times = new Map<string, number>();
    for (const [at, sample] of samples.entries()) {
      const part = partOf.get(sample) ?? 'unknown';
      times.set(part, (times.get(part) ?? 0) + (timeDeltas[at] ?? 0));
    }
    times.delete('idle');
    const whole = [...times.values()].reduce((sum, time) => sum + time, 0);
    return [...times]
      .map(([part, time]) => ({ part, share: time / whole }))
      .sort((left, right) => right.share - left.share);
  };
}

/** The package, the endpoint, or `product`; native work stands under what V8 calls it. */
function partAt(url: string, functionName: string): string {
  const library = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (library !== undefined) return library;
  const local = /\/local\/([^/]+)/.exec(url)?.[1];
  if (local !== undefined) return `local/${local}`;
  if (/\/(?:dist|shared|functions)\//.test(url)) return 'product';
  if (url.startsWith('node:')) return 'Node';
  if (url.includes('/test/bench/')) return 'COMMIT and other SQLite calls';
  return { '(garbage collector)': 'garbage collection', '(idle)': 'idle' }[functionName] ?? 'native code';
}
