import { Session } from 'node:inspector/promises';

export interface Part {
  readonly part: string;
  /** Of the time that was not idle, 0 … 1. */
  readonly share: number;
}

const ofV8: Readonly<Record<string, string>> = {
  '(garbage collector)': 'garbage collection',
  '(idle)': 'idle',
  '(program)': 'native code',
  '(root)': 'native code',
};

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
    const parts = new Map<number, string>();
    // Callers come before what they call. What is built in counts for its caller.
    for (const { id, callFrame, children = [] } of nodes) {
      const part = partOf(callFrame.url) ?? ofV8[callFrame.functionName] ?? parts.get(id) ?? 'native code';
      parts.set(id, part);
      for (const child of children) parts.set(child, part);
    }
    const times = new Map<string, number>();
    for (const [at, sample] of samples.entries()) {
      const part = parts.get(sample) ?? 'native code';
      times.set(part, (times.get(part) ?? 0) + (timeDeltas[at] ?? 0));
    }
    times.delete('idle');
    const whole = [...times.values()].reduce((sum, time) => sum + time, 0);
    return [...times]
      .map(([part, time]) => ({ part, share: time / whole }))
      .sort((left, right) => right.share - left.share);
  };
}

/** The package, the endpoint, the product, or the part of Node; undefined for what is built in. */
function partOf(url: string): string | undefined {
  const library = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (library !== undefined) return library;
  if (/\/local\/store\.ts$|\/test\/bench\//.test(url)) return 'group commit';
  const local = /\/local\/([^/]+)/.exec(url)?.[1];
  if (local !== undefined) return `local/${local}`;
  if (/\/(?:dist|shared|functions)\//.test(url)) return 'product';
  if (url.startsWith('node:internal/deps/undici')) return "Node's fetch";
  if (url.startsWith('node:internal/modules') || url.includes('amaro')) return 'loading of modules';
  if (url.startsWith('node:internal/crypto')) return "Node's crypto";
  if (/^node:(?:fs|internal\/fs)/.test(url)) return "Node's file system";
  if (/^node:(?:_http|net|internal\/(?:http|stream|webstreams|streams))/.test(url)) return "Node's HTTP and streams";
  return url === '' ? undefined : "Node's own code";
}
