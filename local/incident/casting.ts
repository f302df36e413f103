import type { Estate } from './estate.ts';
import { randomOf } from './random.ts';

/** Who plays what. Every part is another customer's. */
export interface Cast {
  readonly takenOver: Estate;
  readonly overspender: Estate;
  /** Innocent customers in whom something happens that could be taken for an attack. */
  readonly tempting: readonly { readonly estate: Estate; readonly part: TemptingPart }[];
}

/** What an innocent customer does that looks like something else. */
export const temptingParts = [
  'nightly-stop',
  'nightly-stop',
  'nightly-stop',
  'data-science',
  'data-science',
  'shop-scale-out',
  'lock-clean-up',
  'failed-owner-grant',
  'new-colleague',
  'budget-raise',
  'test-fleet',
  'diagnostics-moved',
  'partner-technician',
  'partner-technician',
  'partner-technician',
] as const;
export type TemptingPart = (typeof temptingParts)[number];

/** Deals the parts by seed. The overspender pays in euros. Throws a `RangeError` when there are too few customers. */
export function castStory(seed: number, estates: readonly Estate[]): Cast {
  const dealt = randomOf(seed, 'casting').shuffled(estates);
  const overspender = dealt.find(({ currency }) => currency === 'EUR');
  const [takenOver, ...innocents] = dealt.filter((estate) => estate !== overspender);
  if (takenOver === undefined || overspender === undefined || innocents.length < temptingParts.length) {
    throw new RangeError(`the story needs ${temptingParts.length + 2} customers, there are ${estates.length}`);
  }
  const tempting = temptingParts.flatMap((part, index) => {
    const estate = innocents[index];
    return estate === undefined ? [] : [{ estate, part }];
  });
  return { takenOver, overspender, tempting };
}
