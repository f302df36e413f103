import { z } from 'zod';

/** One line of the bench report, as it comes out of a bench's own process. */
export const Comparison = z.object({
  /** What was measured. */
  name: z.string(),
  /** Its speed divided by that of `against`, measured in the same run: 1 = as fast, 0.5 = takes twice as long. */
  ratio: z.number(),
  against: z.string(),
  /** Absolute figures, how many rounds, where the time goes. */
  detail: z.string(),
});
export type Comparison = Readonly<z.infer<typeof Comparison>>;

/** The middle value; of an even number, the upper one of the two. NaN of none. */
export const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;

/** Two significant digits below 1, two decimals above: what a noisy machine can tell. */
export const ratioText = (ratio: number): string => (ratio < 1 ? ratio.toPrecision(2) : ratio.toFixed(2));

/** Milliseconds that `work` takes. */
export async function msOf(work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Runs `work` for 0 … count-1, `concurrency` at a time. */
export async function concurrently(count: number, concurrency: number, work: (n: number) => Promise<unknown>) {
  let next = 0;
  const worker = async () => {
    for (let n = next++; n < count; n = next++) await work(n);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
