/**
 * Exact amounts. Metered cost stays decimal text and is summed exactly; what is owed is a whole number of minor units of
 * an ISO 4217 currency, rounded once. Nothing here is a binary fraction.
 */

/** Canonical decimal text: no exponent, no plus, no leading zeros, no zeros after the last digit of a fraction, `0` for zero. */
export type DecimalText = string;

/** `units` x 10^-`scale`. */
export interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

export const zero: Decimal = { units: 0n, scale: 0 };

const decimalPattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/** More digits than any meter writes: beyond them a short text such as `1e9999` would grow without bound. */
const maxDigits = 200;

/** Reads `-1.50`, `.5`, `5.64902E-05`. Undefined for anything else, also for `NaN`, `Infinity` and numbers beyond 200 digits. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = decimalPattern.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = whole + fraction;
  if (digits === '') return undefined;
  const scale = fraction.length - Number(exponent);
  if (digits.length + Math.abs(scale) > maxDigits) return undefined;
  const magnitude = BigInt(digits) * (scale < 0 ? 10n ** BigInt(-scale) : 1n);
  return { units: sign === '-' ? -magnitude : magnitude, scale: Math.max(scale, 0) };
}

/** Like `parseDecimal`, for text that was written by this code: throws a `RangeError` on anything else. */
export function decimalOf(text: DecimalText): Decimal {
  const value = parseDecimal(text);
  if (value === undefined) throw new RangeError(`not a decimal number: '${text.slice(0, 40)}'`);
  return value;
}

const powersOfTen: readonly bigint[] = Array.from({ length: 64 }, (_, power) => 10n ** BigInt(power));
const powerOfTen = (power: number): bigint => powersOfTen[power] ?? 10n ** BigInt(power);

const unitsAt = (value: Decimal, scale: number): bigint => value.units * powerOfTen(scale - value.scale);

/** The exact sum. */
export function addDecimals(left: Decimal, right: Decimal): Decimal {
  if (left.scale === right.scale) return { units: left.units + right.units, scale: left.scale };
  const scale = Math.max(left.scale, right.scale);
  return { units: unitsAt(left, scale) + unitsAt(right, scale), scale };
}

/** The value with the other sign. */
export const negateDecimal = (value: Decimal): Decimal => ({ units: -value.units, scale: value.scale });

/** The exact product: its scale is the sum of both. */
export const multiplyDecimals = (left: Decimal, right: Decimal): Decimal => ({
  units: left.units * right.units,
  scale: left.scale + right.scale,
});

/** Negative, zero or positive, as `left` is below, equal to or above `right`. */
export function compareDecimals(left: Decimal, right: Decimal): number {
  const { units } = addDecimals(left, negateDecimal(right));
  return units < 0n ? -1 : units > 0n ? 1 : 0;
}

/** Canonical text of a decimal: equal numbers have equal texts. */
export function decimalText(value: Decimal): DecimalText {
  const negative = value.units < 0n;
  const digits = (negative ? -value.units : value.units).toString().padStart(value.scale + 1, '0');
  const whole = digits.slice(0, digits.length - value.scale);
  const fraction = digits.slice(digits.length - value.scale).replace(/0+$/, '');
  const text = fraction === '' ? whole : `${whole}.${fraction}`;
  return negative ? `-${text}` : text;
}

/** The exact sum of decimal texts. Throws a `RangeError` on text that is not a number. */
export function sumDecimals(texts: Iterable<DecimalText>): Decimal {
  let sum = zero;
  for (const text of texts) sum = addDecimals(sum, decimalOf(text));
  return sum;
}

/** The exact sum of decimal texts, canonical. Throws a `RangeError` on text that is not a number. */
export const sumTexts = (texts: Iterable<DecimalText>): DecimalText => decimalText(sumDecimals(texts));

/** Rounds half away from zero, as invoices do, to `scale` digits after the point. */
export function roundDecimal(value: Decimal, scale: number): Decimal {
  if (value.scale <= scale) return { units: unitsAt(value, scale), scale };
  const divisor = 10n ** BigInt(value.scale - scale);
  const half = (value.units < 0n ? -divisor : divisor) / 2n;
  return { units: (value.units + half) / divisor, scale };
}

/** `part / whole`, rounded half away from zero to `scale` digits. Throws a `RangeError` when `whole` is zero. */
export function divideDecimals(part: Decimal, whole: Decimal, scale: number): Decimal {
  if (whole.units === 0n) throw new RangeError('division by zero');
  const sign = whole.units < 0n ? -1n : 1n;
  const numerator = sign * part.units * 10n ** BigInt(whole.scale + scale);
  const denominator = sign * whole.units * 10n ** BigInt(part.scale);
  const half = numerator < 0n ? -denominator : denominator;
  return { units: (2n * numerator + half) / (2n * denominator), scale };
}

/** Money owed: whole minor units (cents) of an ISO 4217 currency. */
export interface Money {
  readonly minor: number;
  readonly currency: string;
}

/** ISO 4217 currencies whose minor unit is not a hundredth. */
const minorDigits: ReadonlyMap<string, number> = new Map([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0] as const),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3] as const),
  ...'CLF UYW'.split(' ').map((code) => [code, 4] as const),
]);

/** Digits after the point of a currency, by ISO 4217. */
export const minorDigitsOf = (currency: string): number => minorDigits.get(currency) ?? 2;

/** An exact amount as money owed, rounded once. Throws a `RangeError` beyond 2^53 minor units. */
export function moneyOf(amount: Decimal, currency: string): Money {
  const minor = Number(roundDecimal(amount, minorDigitsOf(currency)).units);
  if (!Number.isSafeInteger(minor))
    throw new RangeError(`${decimalText(amount)} ${currency} is beyond what money can hold`);
  return { minor, currency };
}

/** The amount in whole units of its currency, as a decimal. */
export const amountOf = (money: Money): Decimal => ({
  units: BigInt(money.minor),
  scale: minorDigitsOf(money.currency),
});

/** Adds money of one currency. Throws a `RangeError` for mixed currencies: without a rate and its date there is no sum. */
export function addMoney(left: Money, right: Money): Money {
  if (left.currency !== right.currency) {
    throw new RangeError(`${left.currency} and ${right.currency} cannot be added without a rate`);
  }
  const minor = left.minor + right.minor;
  if (!Number.isSafeInteger(minor)) throw new RangeError(`the sum is beyond what money can hold in ${left.currency}`);
  return { minor, currency: left.currency };
}

/** An amount as people read it: `EUR 1234.50`, with the digits of its currency; plain text without a currency. */
export function amountText(amount: Decimal, currency: string | null): string {
  const digits = currency === null ? 2 : minorDigitsOf(currency);
  const { units, scale } = roundDecimal(amount, digits);
  const magnitude = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const whole = magnitude.slice(0, magnitude.length - scale);
  const number = `${units < 0n ? '-' : ''}${whole}${scale > 0 ? `.${magnitude.slice(-scale)}` : ''}`;
  return currency === null ? number : `${currency} ${number}`;
}
