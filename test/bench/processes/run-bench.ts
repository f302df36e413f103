import { benches, isBenchName } from '../benches.ts';

// One bench in a process of its own, so that none disturbs another's heap, cache or event loop.
const name = process.argv[2] ?? '';
if (!isBenchName(name)) throw new Error(`there is no bench "${name}"`);
const { run } = await benches[name]();
process.send?.(await run(), undefined, undefined, () => process.exit(0));
