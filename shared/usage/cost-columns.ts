/**
 * Which columns of a cost file hold what. Names differ between FOCUS 1.0, 1.0r2 and 1.2, ActualCost of EA, MCA and
 * pay-as-you-go agreements, letter case and language; columns that are not needed may be anything.
 */
export interface CostColumns {
  /** All names, as the file spells them. */
  readonly names: readonly string[];
  readonly dialect: 'focus' | 'actual';
  /** The header is in German, where a comma is the decimal mark. */
  readonly german: boolean;
  /** Positions from 0. */
  readonly cost: number;
  readonly day: number;
  readonly subscription: number | undefined;
  readonly currency: number | undefined;
  readonly customer: number | undefined;
  /** Start and end of the billing period: they help to tell months from days. */
  readonly periods: readonly number[];
}

const spellings = {
  cost: ['billedcost', 'costinbillingcurrency', 'cost', 'pretaxcost', 'kosten'],
  day: ['chargeperiodstart', 'date', 'usagedate', 'usagedatetime', 'datum', 'nutzungsdatum', 'verbrauchsdatum'],
  subscription: ['subaccountid', 'subscriptionid', 'subscriptionguid', 'abonnementid', 'abonnementguid', 'abonnement'],
  currency: ['billingcurrency', 'billingcurrencycode', 'currency', 'currencycode', 'abrechnungswährung', 'währung'],
  customer: ['xcustomerid', 'customertenantid', 'customerid', 'kundenmandantid', 'kundenid'],
} as const;

const periodSpellings = ['billingperiodstartdate', 'billingperiodenddate', 'billingperiodstart', 'billingperiodend'];
const germanSpellings = new Set(['kosten', 'datum', 'nutzungsdatum', 'verbrauchsdatum', 'abonnementid', 'währung']);

/** `Abonnement-ID`, `x_CustomerId`, `Subscription GUID` → letters and digits in lower case. */
const folded = (name: string): string =>
  name
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

/** Portals in other languages put the English name behind their own: `Datum (Date)`. Either is enough. */
function spellingsOf(name: string): readonly string[] {
  const [, own = name, english = name] = /^(.*?)\s*\(([^)]*)\)$/.exec(name) ?? [];
  return [name, english, own].map(folded);
}

/**
 * Finds the columns in a header, or says which one is missing. A file without a subscription, currency or customer column
 * is read all the same: what is not told is null.
 */
export function costColumns(names: readonly string[]): CostColumns | { readonly missing: string } {
  const positions = new Map<string, number>();
  names.forEach((name, position) => {
    for (const key of spellingsOf(name)) if (!positions.has(key)) positions.set(key, position);
  });
  const find = (candidates: readonly string[]): number | undefined => {
    for (const candidate of candidates) {
      const position = positions.get(candidate);
      if (position !== undefined) return position;
    }
    return undefined;
  };
  const cost = find(spellings.cost);
  const day = find(spellings.day);
  if (cost === undefined)
    return { missing: 'a cost column (BilledCost, CostInBillingCurrency, Cost, PreTaxCost or Kosten)' };
  if (day === undefined)
    return { missing: 'a day column (ChargePeriodStart, Date, UsageDate, UsageDateTime or Datum)' };
  return {
    names,
    dialect: positions.has('billedcost') || positions.has('chargeperiodstart') ? 'focus' : 'actual',
    german: [...positions.keys()].some((name) => germanSpellings.has(name)),
    cost,
    day,
    subscription: find(spellings.subscription),
    currency: find(spellings.currency),
    customer: find(spellings.customer),
    periods: periodSpellings.flatMap((name) => positions.get(name) ?? []),
  };
}

/** Positions that are read of each row: cost, day, subscription, currency, customer; -1 where the file has no such column. */
export const wantedPositions = (columns: CostColumns): readonly number[] =>
  [columns.cost, columns.day, columns.subscription, columns.currency, columns.customer].map(
    (position) => position ?? -1,
  );
