import { decimalOf, roundDecimal } from '../core/money.ts';
import type { OtpPolicy } from '../policy/otp-policy.ts';

/** Costs are counted in whole millionths of the partner's currency: a counter is a whole number. */
const scale = 6;
const millionths = (text: string): number => Number(roundDecimal(decimalOf(text), scale).units);

/** What a message to a country costs, in millionths of the partner's currency. */
export function messageCost(country: string, { cost }: OtpPolicy): number {
  const named = cost.byCountry.find((one) => one.startsWith(`${country}=`));
  return millionths(named?.slice(country.length + 1) ?? cost.perMessage);
}

/** What a day's messages may cost, in millionths of the partner's currency. */
export const dailyCap = ({ cost }: OtpPolicy): number => millionths(cost.perDay);
